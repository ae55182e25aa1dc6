import { isTerminal, RecgateError, toRecgateError, type RecordingRecord, type WorkStage } from '#libs/recording-model';
import { finishedMove, isCapturing } from './calls/recording-run.js';
import { LostNodes } from './lost-nodes.js';
import type { OutboxRelay } from './outbox-relay.js';
import type { OrchestrationPorts } from './ports.js';
import { failureMove } from './stages/stage-run.js';

/** Recordings one pass looks at; live ones that just go on are among them, so it must be more than a node can carry. */
const MOST_STUCK = 10_000;
const MOST_CHAINS = 1000;
/** A recording whose upload has not come by then is cancelled. */
const UPLOAD_PATIENCE_MS = 24 * 3_600_000;
/** How often, and how far back, ended recordings are compared with the notifications they should have. */
const AUDIT_EVERY_MS = 10 * 60_000;
const AUDIT_WINDOW_MS = 24 * 3_600_000;
const AUDIT_PAGE = 200;

/** A recording that had not begun when its node was lost is given up after this time: a node that is back by then says more. */
const NEVER_BEGAN_MS = 10 * 60_000;

export interface ReconcileReport {
  readonly requeued: number;
  readonly redelivered: number;
  readonly orphansFinished: number;
  /** Notifications made for events that had none. */
  readonly remade: number;
}

export interface ReconcilerOptions {
  readonly relay: Pick<OutboxRelay, 'completeDeliveries'>;
  /** Whether the bytes of an upload are here. */
  readonly uploadArrived: (recordingId: string) => Promise<boolean>;
  /** Tenants whose ended recordings are looked through. */
  readonly tenants: readonly string[];
}

/**
 * Looks for recordings without progress and moves them on: re-adds lost jobs, finishes the captures of lost nodes from
 * their spools, makes notifications that events lack, re-adds deliveries that are overdue. Safe to run at any time and
 * in several processes; one recording that cannot be helped holds up no other.
 */
export class Reconciler {
  private readonly lostNodes = new LostNodes();
  private auditedUntil = 0;
  private auditDue = 0;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly options: ReconcilerOptions,
  ) {}

  async run(): Promise<ReconcileReport> {
    const { ledger, clock, settings } = this.ports;
    const before = new Date(clock.now().getTime() - settings.stuckAfterMs);
    const stuck = await ledger.recordings.stuckSince(before, MOST_STUCK);
    const report = { requeued: 0, orphansFinished: 0, remade: 0, redelivered: 0 };
    const orphans = await this.orphansAmong(stuck, before);
    for (const record of stuck) {
      await this.attempt(record, async () => {
        if (orphans.has(record.id)) {
          await this.finishOrphan(record);
          report.orphansFinished += 1;
          return;
        }
        if (await this.requeue(record, before)) report.requeued += 1;
        if (!isCapturing(record.state)) report.remade += await this.options.relay.completeDeliveries(record);
      });
    }
    report.remade += await this.audit(before);
    report.redelivered = await this.redeliver(before);
    return report;
  }

  /** Finishes everything an earlier process of this node was capturing; called before the node takes calls. */
  async finishOwn(nodeId: string): Promise<number> {
    const open = await this.ports.ledger.recordings.stuckSince(this.ports.clock.now(), Number.MAX_SAFE_INTEGER);
    const own = open.filter((record) => record.nodeId === nodeId && isCapturing(record.state));
    for (const record of own) await this.attempt(record, () => this.finishOrphan(record));
    return own.length;
  }

  /** The node that captured it is gone: its spool holds all but the last second. */
  async finishOrphan(record: RecordingRecord): Promise<void> {
    const { ledger, spools, clock } = this.ports;
    const capture = await spools.recover(record.id);
    await ledger.recordings.transition(record.id, (current) => {
      if (!isCapturing(current.state) || current.nodeId !== record.nodeId) return null;
      if (capture === null) {
        const lost = new RecgateError('media.lost', 'The media node was lost before any audio was kept');
        return failureMove(this.ports, current, lost, 'capture');
      }
      return finishedMove(current, capture, { callState: 'ended' }, clock.now(), 'recovered');
    });
  }

  /** Live recordings that nobody captures any more and whose spool is here; the spool of another machine is finished there. */
  private async orphansAmong(stuck: readonly RecordingRecord[], before: Date): Promise<ReadonlySet<string>> {
    const live = stuck.filter((record) => isCapturing(record.state) && record.nodeId !== null);
    const alive = new Set((await this.ports.ledger.nodes.alive()).map((node) => node.nodeId));
    const nodes = new Set(live.flatMap(({ nodeId }) => (nodeId === null ? [] : [nodeId])));
    const lost = this.lostNodes.look(nodes, alive, this.ports.clock.now().getTime());
    const candidates: string[] = [];
    for (const record of live) {
      const { nodeId } = record;
      if (nodeId === null) continue;
      if (alive.has(nodeId) ? await this.callIsOver(record, before) : lost.has(nodeId)) candidates.push(record.id);
    }
    // Looking into the spools reads them, so it is done only when somebody is missing.
    if (candidates.length === 0) return new Set();
    const here = new Set((await this.ports.spools.list()).map((spool) => spool.recordingId));
    const neverBegan = new Set(live.filter((record) => hasNoAudio(record, this.ports.clock.now())).map(({ id }) => id));
    return new Set(candidates.filter((id) => here.has(id) || neverBegan.has(id)));
  }

  private async callIsOver({ callRef }: RecordingRecord, before: Date): Promise<boolean> {
    const call = await this.ports.ledger.calls.get(callRef);
    return call?.endedAt !== null && call?.endedAt !== undefined && Date.parse(call.endedAt) < before.getTime();
  }

  /** Adds the job of the stage that is due; nothing is added while that job exists. */
  private async requeue(record: RecordingRecord, before: Date): Promise<boolean> {
    const stage = await this.stageDue(record, before);
    if (stage === null) return false;
    await this.ports.work.enqueueStage(stage, record.id, record.epoch);
    return true;
  }

  private async stageDue(record: RecordingRecord, before: Date): Promise<WorkStage | null> {
    if (record.state === 'captured' || record.state === 'encoding') return 'encode';
    if (record.state === 'storing') return 'store';
    if (record.transcription === 'pending') return 'transcribe';
    if (record.source === undefined || !isCapturing(record.state)) return null;
    if (record.source.kind === 'url' || (await this.options.uploadArrived(record.id))) return 'capture';
    if (before.getTime() - Date.parse(record.createdAt) > UPLOAD_PATIENCE_MS) await this.cancelUpload(record);
    return null;
  }

  private async cancelUpload(record: RecordingRecord): Promise<void> {
    const at = this.ports.clock.now();
    const event = { name: 'recording.cancelled', at: at.toISOString(), mediaTimeMs: 0 } as const;
    await this.ports.ledger.recordings.transition(record.id, (current) =>
      current.state === 'accepted' ? { to: 'cancelled', at, cause: 'the upload never came', events: [event] } : null,
    );
  }

  /** Ended recordings have left the list of the stuck ones; each is looked at once more when it has had its time. */
  private async audit(before: Date): Promise<number> {
    const nowMs = this.ports.clock.now().getTime();
    if (nowMs < this.auditDue) return 0;
    this.auditDue = nowMs + AUDIT_EVERY_MS;
    let made = 0;
    for (const tenantId of this.options.tenants) made += await this.auditTenant(tenantId, new Date(nowMs - AUDIT_WINDOW_MS), before);
    this.auditedUntil = before.getTime();
    return made;
  }

  private async auditTenant(tenantId: string, createdAfter: Date, before: Date): Promise<number> {
    let made = 0;
    let cursor: string | undefined;
    do {
      const query = { tenantId, createdAfter, limit: AUDIT_PAGE, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.ports.ledger.recordings.list(query);
      for (const record of page.items) {
        const updated = Date.parse(record.updatedAt);
        if (!isTerminal(record.state) || updated < this.auditedUntil || updated >= before.getTime()) continue;
        await this.attempt(record, async () => {
          made += await this.options.relay.completeDeliveries(record);
        });
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return made;
  }

  private async redeliver(before: Date): Promise<number> {
    const chains = await this.ports.ledger.deliveries.overdue(before, MOST_CHAINS);
    for (const { recordingId, subscription } of chains) {
      await this.ports.work.enqueueDelivery(recordingId, subscription, 'reconcile', 0);
    }
    return chains.length;
  }

  private async attempt(record: RecordingRecord, help: () => Promise<void>): Promise<void> {
    try {
      await help();
    } catch (thrown) {
      const error = toRecgateError(thrown);
      this.ports.log.warn('a recording could not be moved on', { recordingId: record.id, state: record.state, reason: error.message });
    }
  }
}

/** No audio was kept anywhere: it was waiting to begin, and has not moved for long. */
function hasNoAudio({ state, updatedAt }: RecordingRecord, now: Date): boolean {
  return (state === 'accepted' || state === 'armed') && now.getTime() - Date.parse(updatedAt) >= NEVER_BEGAN_MS;
}
