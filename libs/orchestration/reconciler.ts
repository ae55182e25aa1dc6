import { RecgateError, type RecordingRecord } from '#libs/recording-model';
import type { OrchestrationPorts } from './ports.js';
import { failureMove } from './stages/stage-run.js';

const BATCH = 200;

export interface ReconcileReport {
  readonly requeued: number;
  readonly redelivered: number;
  readonly orphansFinished: number;
}

/**
 * Looks for recordings without progress and moves them on: re-adds lost jobs, finishes the captures of lost nodes from
 * their spools, re-adds deliveries that are overdue. Safe to run at any time and in several processes.
 */
export class Reconciler {
  constructor(private readonly ports: OrchestrationPorts) {}

  async run(): Promise<ReconcileReport> {
    const { ledger, clock, settings } = this.ports;
    const before = new Date(clock.now().getTime() - settings.stuckAfterMs);
    const stuck = await ledger.recordings.stuckSince(before, BATCH);
    const alive = new Set((await ledger.nodes.alive()).map((node) => node.nodeId));
    const spooledHere = new Set((await this.ports.spools.list()).map((spool) => spool.recordingId));
    let requeued = 0;
    let orphansFinished = 0;
    for (const record of stuck) {
      if (isCapturing(record)) {
        // A spool on another disk is finished by its own node when it comes back; giving it up here would lose it.
        if (record.nodeId === null || alive.has(record.nodeId) || !spooledHere.has(record.id)) continue;
        await this.finishOrphan(record);
        orphansFinished += 1;
      } else {
        await this.requeue(record);
        requeued += 1;
      }
    }
    return { requeued, orphansFinished, redelivered: await this.redeliver(before) };
  }

  private async requeue(record: RecordingRecord): Promise<void> {
    const { work } = this.ports;
    if (record.state === 'captured' || record.state === 'encoding') await work.enqueueStage('encode', record.id, record.epoch);
    if (record.state === 'storing') await work.enqueueStage('store', record.id, record.epoch);
  }

  /** Finishes everything an earlier process of this node was capturing; called before the node takes calls. */
  async finishOwn(nodeId: string): Promise<number> {
    const open = await this.ports.ledger.recordings.stuckSince(this.ports.clock.now(), Number.MAX_SAFE_INTEGER);
    const own = open.filter((record) => record.nodeId === nodeId && isCapturing(record));
    for (const record of own) await this.finishOrphan(record);
    return own.length;
  }

  /** The node that captured it is gone: its spool holds all but the last second. */
  async finishOrphan(record: RecordingRecord): Promise<void> {
    const { ledger, spools, clock } = this.ports;
    const capture = await spools.recover(record.id);
    const at = clock.now();
    await ledger.recordings.transition(record.id, (current) => {
      if (!isCapturing(current) || current.nodeId !== record.nodeId) return null;
      if (capture === null) {
        const lost = new RecgateError('media.lost', 'The media node was lost before any audio was kept');
        return failureMove(this.ports, current, lost, 'capture');
      }
      const finished = { name: 'recording.finished', at: at.toISOString(), mediaTimeMs: capture.mediaEndMs, capture } as const;
      return { to: 'captured', at, cause: 'recovered', patch: { capture, startedAt: capture.startedAt }, events: [finished] };
    });
  }

  private async redeliver(before: Date): Promise<number> {
    const chains = await this.ports.ledger.deliveries.overdue(before, BATCH);
    for (const { recordingId, subscription } of chains) {
      await this.ports.work.enqueueDelivery(recordingId, subscription, `reconcile-${this.ports.clock.now().getTime()}`, 0);
    }
    return chains.length;
  }
}

function isCapturing(record: RecordingRecord): boolean {
  return record.state === 'accepted' || record.state === 'armed' || record.state === 'capturing' || record.state === 'paused';
}
