import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { viewApplication } from '#libs/orchestration';
import { toRecgateError, type JsonValue, type RecgateError, type StoredDocument } from '#libs/recording-model';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { ALL_APPLICATIONS, FLEXML_SCHEDULE, FlexmlCalls, isAbandoned, type KeptCall } from './flexml-calls.js';
import { inLanes } from './in-lanes.js';

const TICK_MS = 1000;
/** A note without its call is kept so long: the call may be about to be written, ms. */
const STRANGER_MS = 60_000;
/** A call that cannot be made is tried again for so long, ms. */
const PATIENCE_MS = 900_000;
/** Calls that are over are known for so long (contract §4.5: calls expire), ms; and how often they are looked for. */
const KEPT_MS = 3_600_000;
const EXPIRY_TICKS = 300;

/**
 * Makes scheduled calls when they are due. Every gateway process looks; one of them claims a call before it makes it. Who
 * dies in between leaves a claim: the call's own id then tells whether it was made, so none is lost and none made twice.
 */
@Injectable()
export class FlexmlCallSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private ticks = 0;

  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: FlexmlCalls,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Looks once at all that is due. */
  async placeDue(): Promise<void> {
    const { ledger } = this.gateway.ports;
    const now = this.now();
    const notes = await ledger.documents.list(FLEXML_SCHEDULE, ALL_APPLICATIONS);
    await inLanes(
      notes.filter(({ body }) => Date.parse(textOf(body['dueAt'])) <= now),
      // A node that does not answer keeps nobody else's call waiting.
      (note) => this.settle(note).catch((thrown: unknown) => this.warn(note.id, toRecgateError(thrown))),
    );
  }

  /** Forgets calls that have been over for long. */
  async expire(): Promise<void> {
    const { ledger } = this.gateway.ports;
    for (const tenant of this.gateway.config.tenants) {
      for (const { id, vendor } of await ledger.applications.list(tenant.id)) {
        if (vendor !== 'flexml') continue;
        for (const call of await this.calls.list(id)) {
          if (await this.isPast(call)) await this.calls.tryChange(id, call.sid, () => 'remove');
        }
      }
    }
  }

  private tick(): void {
    if (this.running !== null) return;
    this.ticks += 1;
    this.running = this.look()
      .catch((thrown: unknown) => this.warn(null, toRecgateError(thrown)))
      .finally(() => (this.running = null));
  }

  private async look(): Promise<void> {
    await this.placeDue();
    if (this.ticks % EXPIRY_TICKS === 0) await this.expire();
  }

  private async settle({ id: sid, body, updatedAt }: StoredDocument): Promise<void> {
    const application = await this.application(textOf(body['applicationId']));
    const call = application === null ? null : await this.calls.find(application.record.id, sid);
    if (application === null || call === null) {
      if (this.now() - Date.parse(updatedAt) > STRANGER_MS) await this.calls.forgetDue(sid);
      return;
    }
    if (call.stage === 'placed') return this.calls.forgetDue(sid);
    if (call.stage === 'scheduled' && Date.parse(call.dueAt) > this.now()) {
      return this.calls.noteDue(application, sid, call.dueAt);
    }
    await this.claimAndPlace(application, call);
  }

  private async claimAndPlace(application: DoorApplication, { sid }: KeptCall): Promise<void> {
    const at = this.now();
    const claimedAt = new Date(at).toISOString();
    const { applied, call } = await this.calls.tryChange(application.record.id, sid, (current) =>
      isFree(current, at) ? { ...current, stage: 'placing', claimedAt } : null,
    );
    if (!applied || call === null) return;
    // Somebody made it and died before he could say so.
    const made = (await this.gateway.ports.ledger.calls.get(call.callRef)) !== null;
    if (!made && !(await this.place(application, call))) return;
    await this.calls.change(application, sid, (current) => ({ ...current, stage: 'placed' }));
    await this.calls.forgetDue(sid);
  }

  /** False when the call was not made, or it is not known. */
  private async place(application: DoorApplication, call: KeptCall): Promise<boolean> {
    try {
      await this.calls.place(application, call);
      return true;
    } catch (thrown) {
      const error = toRecgateError(thrown);
      this.warn(call.sid, error);
      await this.failed(application, call, error);
      return false;
    }
  }

  private async failed(application: DoorApplication, { sid, dueAt }: KeptCall, error: RecgateError): Promise<void> {
    // The node may have the command: the claim ends by itself, and then the ledger tells.
    if (error.retry && error.code !== 'node.full') return;
    const isHopeless = !error.retry || this.now() - Date.parse(dueAt) > PATIENCE_MS;
    await this.calls.change(application, sid, (current) =>
      isHopeless ? 'remove' : { ...current, stage: 'scheduled', claimedAt: null },
    );
    if (isHopeless) await this.calls.forgetDue(sid);
  }

  private async application(id: string): Promise<DoorApplication | null> {
    const { ports } = this.gateway;
    const record = await ports.ledger.applications.get(id);
    return record === null ? null : { record, view: viewApplication(ports, record) };
  }

  private async isPast({ stage, callRef, dueAt }: KeptCall): Promise<boolean> {
    if (stage === 'scheduled') return false;
    const call = await this.gateway.ports.ledger.calls.get(callRef);
    const over = call === null ? dueAt : call.endedAt;
    return over !== null && this.now() - Date.parse(over) > KEPT_MS;
  }

  private now(): number {
    return this.gateway.ports.clock.now().getTime();
  }

  private warn(sid: string | null, error: RecgateError): void {
    this.gateway.ports.log.warn('a scheduled call was not made', { sid, code: error.code, reason: error.message });
  }
}

function isFree(call: KeptCall, now: number): boolean {
  return (call.stage === 'scheduled' && Date.parse(call.dueAt) <= now) || isAbandoned(call, now);
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
