import { Inject, Injectable } from '@nestjs/common';
import type { ControlCommand } from '#libs/orchestration';
import { RecgateError, type RecordingRecord, type RecordingState } from '#libs/recording-model';
import { NodeClient } from '../../http/node-client.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { requireRecording } from './recording-starts.js';

const RUNNING: readonly RecordingState[] = ['accepted', 'armed', 'capturing', 'paused'];

/** Steers recordings that are running. */
@Injectable()
export class RecordingControls {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly nodes: NodeClient,
  ) {}

  /** @throws RecgateError `request.not_found`, `request.conflict` when it is not running, or what the media node threw */
  async control(tenantId: string, recordingId: string, action: ControlCommand['action']): Promise<void> {
    const record = await requireRecording(this.gateway, tenantId, recordingId);
    if (!RUNNING.includes(record.state)) throw notRunning(record);
    if (record.nodeId !== null) {
      await this.nodes.send(record.nodeId, 'control', { callRef: record.callRef, recordingId, action });
    } else if (action === 'stop') {
      await this.cancelFile(record);
    } else {
      throw new RecgateError(
        'request.conflict',
        `Recording ${recordingId} is of a finished file; it cannot be steered`,
      );
    }
  }

  /** A file that nobody has begun to read need not be read any more. */
  private async cancelFile(record: RecordingRecord): Promise<void> {
    const at = this.gateway.ports.clock.now();
    const outcome = await this.gateway.ports.ledger.recordings.transition(record.id, (current) =>
      current.state === 'accepted'
        ? {
            to: 'cancelled',
            at,
            cause: 'stopCommand',
            events: [{ name: 'recording.cancelled', at: at.toISOString(), mediaTimeMs: 0 }],
          }
        : null,
    );
    if (!outcome.applied) throw notRunning(outcome.record ?? record);
  }
}

function notRunning(record: RecordingRecord): RecgateError {
  return new RecgateError('request.conflict', `Recording ${record.id} is ${record.state}; it is not running`);
}
