import { afterRecording } from '#libs/call-flow';
import {
  isTerminal,
  toRecgateError,
  type ApplicationView,
  type CallRecord,
  type FlowClient,
  type FlowRequest,
  type JsonObject,
  type RecordingRecord,
} from '#libs/recording-model';
import { viewApplication } from '../applications.js';
import { deleteRecording } from '../delete-recording.js';
import { recordingSecrets } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import { tell } from './clean-up.js';
import { outcomeOf } from './flow-recordings.js';
import { requestsOfEnd, type FlowRequestPorts, type FlowSituation } from './flow-requests.js';
import { RecordingWaiter } from './recording-waiter.js';
import { keepUntold } from './untold-requests.js';

/** The newest calls of a tenant, among which those of a dead process are looked for. */
const MOST_CALLS = 10_000;
const MOST_RECORDINGS = 200;
/** Applications that are told at once. */
const TOLD_AT_ONCE = 16;

type LostCall = CallRecord & { readonly state: 'ended'; readonly endedAt: string };

/**
 * The calls that were up when their process died. They are over: the API shows them so, and their applications are told what
 * a hang-up would have told them. At least once: a process that dies while it tells leaves the rest to the next.
 */
export class LostCalls {
  private readonly waiter: RecordingWaiter;
  private telling: Promise<unknown> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly client: FlowClient,
  ) {
    this.waiter = new RecordingWaiter(ports.ledger);
  }

  /**
   * Ends the calls of an earlier process of this node, whose recordings are finished already. Resolves when the ledger knows;
   * the telling goes on beside.
   */
  async end(nodeId: string, tenants: readonly string[]): Promise<number> {
    const lost: LostCall[] = [];
    for (const tenantId of tenants) {
      for (const call of await this.ports.ledger.calls.list(tenantId, MOST_CALLS)) {
        if (call.nodeId !== nodeId || (call.state === 'ended' && call.endUntold !== true)) continue;
        lost.push(call.state === 'ended' ? endedOf(call, call.endedAt) : await this.endOne(call));
      }
    }
    this.telling = this.tellAll(lost);
    return lost.length;
  }

  /** Waits for what is being told now; what is not is left to the next start. */
  async close(): Promise<void> {
    this.stopping = true;
    await this.waiter.close();
  }

  /** Resolves when everybody has been told. */
  async told(): Promise<void> {
    await this.telling;
  }

  private async endOne(call: CallRecord): Promise<LostCall> {
    const warnings = [...call.warnings, 'The media node was lost; the call ended with it'];
    const ends = (await this.recordingsOf(call)).flatMap(({ capture }) => capture?.endedAt ?? []);
    const ended = endedOf(call, ends.toSorted().at(-1) ?? this.ports.clock.now().toISOString());
    const lost: LostCall = { ...ended, endedBy: 'gateway', endReason: 'nodeLost', warnings, endUntold: true };
    await this.ports.ledger.calls.save(lost);
    return lost;
  }

  private async tellAll(calls: readonly LostCall[]): Promise<void> {
    const waiting = [...calls];
    const tellNext = async (): Promise<void> => {
      for (let call = waiting.shift(); call !== undefined && !this.stopping; call = waiting.shift()) {
        const { callRef } = call;
        await this.tellOne(call).catch((thrown: unknown) => this.warn(callRef, toRecgateError(thrown).message));
      }
    };
    await Promise.all(Array.from({ length: TOLD_AT_ONCE }, tellNext));
  }

  private async tellOne(call: LostCall): Promise<void> {
    const { ledger, vault } = this.ports;
    const application = await ledger.applications.get(call.applicationId);
    if (application !== null && application.tenantId === call.tenantId) {
      const owner = { tenantId: call.tenantId, ownerId: call.callRef };
      const state = call.sealedFlowState === undefined ? '{}' : (vault.open(call.sealedFlowState, owner)['state'] ?? '{}');
      await this.tellApplication(call, viewApplication(this.ports, application), JSON.parse(state) as JsonObject);
    }
    if (this.stopping) return;
    const { endUntold: _told, ...done } = call;
    await ledger.calls.save(done);
  }

  private async tellApplication(call: LostCall, application: ApplicationView, flowState: JsonObject): Promise<void> {
    const cutOff = (await this.recordingsOf(call)).find(({ spec }) => spec.mode === 'blocking');
    if (cutOff !== undefined && isUntold(cutOff)) await this.tellOfRecording(call, application, flowState, cutOff);
    const warn = (message: string): void => this.warn(call.callRef, message);
    const about = { context: { application, identity: call.identity }, warn };
    for (const request of requestsOfEnd(this.ports.adapters[call.vendor], about, flowState)) {
      await this.request(call, application, flowState, request, null);
    }
  }

  /** What follows a blocking recording is asked once, its answer has no effect (FlexML contract §1.3, Aculab contract §5.2). */
  private async tellOfRecording(call: LostCall, application: ApplicationView, flowState: JsonObject, cutOff: RecordingRecord): Promise<void> {
    const { continuation } = cutOff.spec;
    let record = cutOff;
    let after = afterRecording(continuation, outcomeOf(record));
    if (after.kind === 'wait') {
      record = await this.waiter.untilTerminal(record.tenantId, record.id);
      after = afterRecording(continuation, outcomeOf(record));
    }
    if (after.kind === 'fetch') await this.request(call, application, flowState, after.request, record);
  }

  private async request(call: LostCall, application: ApplicationView, flowState: JsonObject, request: FlowRequest, recording: RecordingRecord | null): Promise<void> {
    if (this.stopping) return;
    const { adapters, ids, clock, settings } = this.ports;
    const { vendor, callRef, identity, answeredAt, endedAt } = call;
    const ports: FlowRequestPorts = {
      adapter: adapters[vendor],
      client: this.client,
      ids,
      clock,
      gatewayUrl: settings.gatewayUrl,
      stored: () => Promise.resolve(null),
      keep: (unheard, wire, thrown) => keepUntold(this.ports, { callRef, application }, unheard, wire, thrown),
    };
    const situation: FlowSituation = {
      application,
      call: identity,
      callState: 'ended',
      callDurationMs: answeredAt === null ? 0 : Math.max(0, Date.parse(endedAt) - Date.parse(answeredAt)),
      answered: answeredAt !== null,
      hangupBy: 'gateway',
      endReason: 'nodeLost',
      documentUrl: recording?.documentUrl ?? null,
      flowState,
      secrets: recording === null ? application.secrets : { ...application.secrets, ...recordingSecrets(this.ports, recording) },
      recording,
      collected: null,
      error: null,
    };
    const warn = (message: string): void => this.warn(callRef, message);
    const cleanUp = { deleteFile: (file: string) => void this.deleteFile(application, file, warn), carryAlong: () => undefined, warn };
    await tell(ports, request, situation, cleanUp).catch((thrown: unknown) => warn(`${request.purpose}: ${toRecgateError(thrown).message}`));
  }

  private async deleteFile({ applicationId }: ApplicationView, file: string, warn: (message: string) => void): Promise<void> {
    try {
      const record = await this.ports.ledger.recordings.findByName(applicationId, file);
      if (record !== null) await deleteRecording(this.ports, (await this.waiter.untilTerminal(record.tenantId, record.id)).id);
    } catch (thrown) {
      warn(`${file} is not deleted: ${toRecgateError(thrown).message}`);
    }
  }

  /** Newest first. */
  private async recordingsOf({ tenantId, callRef }: CallRecord): Promise<readonly RecordingRecord[]> {
    return (await this.ports.ledger.recordings.list({ tenantId, callRef, limit: MOST_RECORDINGS })).items;
  }

  private warn(callRef: string, message: string): void {
    this.ports.log.warn('the end of a lost call', { callRef, message });
  }
}

function endedOf(call: CallRecord, endedAt: string | null): LostCall {
  return { ...call, state: 'ended', endedAt: endedAt ?? call.createdAt };
}

/** Whether the flow was waiting for the recording: it was cut off, or is still on its way to where its continuation is asked. */
function isUntold({ state, history, failure }: RecordingRecord): boolean {
  const recovered = history.some((entry) => entry.state === 'captured' && entry.cause === 'recovered');
  return recovered || !isTerminal(state) || failure?.code === 'media.lost';
}
