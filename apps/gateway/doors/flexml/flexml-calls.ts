import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { RecgateError, type CallRecord, type DocumentUpdate, type JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { DoorCalls, newCallRef } from '../shared/door-calls.js';
import { FlexmlDids } from './flexml-dids.js';
import { noSuchSid } from './flexml-storage.js';

/** How far a call of the API has come: it waits for its time, somebody is making it, it was made. */
type Stage = 'scheduled' | 'placing' | 'placed';

/** What is kept of a call of the API. */
export interface KeptCall {
  readonly sid: string;
  /** ISO 8601 with ms. */
  readonly createdAt: string;
  readonly fields: flexml.CallFields;
  readonly stage: Stage;
  /** When it is to be made, ISO 8601. */
  readonly dueAt: string;
  /** The gateway's own id of the call, fixed before it is made: it tells whether it was. */
  readonly callRef: string;
  /** When somebody took it upon himself to make it; null: nobody has. */
  readonly claimedAt: string | null;
}

type Change = (current: KeptCall) => Omit<KeptCall, 'sid' | 'createdAt'> | 'remove' | null;

/** The calls waiting for their time, of all applications. */
export const FLEXML_SCHEDULE = 'flexml.schedule';
export const ALL_APPLICATIONS = '*';

/**
 * After this time whoever began to make a call is taken for dead, ms. Far longer than a media node may take to answer, and
 * than a command waits for it: a command that was not carried out by then never will be.
 */
const CLAIM_MS = 30_000;

/** Calls that one application may have waiting. */
const MOST_SCHEDULED = 10_000;

/** How long a cancellation waits for a call that is being made at this moment, ms. */
const PLACING_PATIENCE_MS = 5000;
const PAUSE_MS = 50;

/** Calls that applications make through the Calls API (contract §1.6). */
@Injectable()
export class FlexmlCalls {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: DoorCalls,
    private readonly dids: FlexmlDids,
  ) {}

  /**
   * Makes a call now, or keeps it until its time has come.
   * @throws RecgateError `field.*`; `node.full` when it cannot be made now
   */
  async create(application: DoorApplication, body: JsonObject): Promise<KeptCall> {
    const { ports } = this.gateway;
    const fields = flexml.readNewCall(body);
    await this.startOf(application, fields);
    const sid = ports.ids.uuid();
    const callRef = newCallRef(ports);
    const now = ports.clock.now();
    const dueAt = new Date(now.getTime() + fields.delay * 1000).toISOString();
    if (fields.delay > 0) {
      await this.requireRoom(application);
      await this.noteDue(application, sid, dueAt);
      return this.write(application, sid, { fields, stage: 'scheduled', dueAt, callRef, claimedAt: null });
    }
    const claimedAt = now.toISOString();
    const kept = await this.write(application, sid, { fields, stage: 'placing', dueAt, callRef, claimedAt });
    try {
      await this.place(application, kept);
    } catch (thrown) {
      await this.change(application, sid, () => 'remove');
      throw thrown;
    }
    return (await this.change(application, sid, (current) => ({ ...current, stage: 'placed' }))) ?? kept;
  }

  /** @throws RecgateError `request.not_found`, also for another application's */
  async require(application: DoorApplication, sid: string): Promise<KeptCall> {
    return (await this.find(application.record.id, sid)) ?? noSuchSid();
  }

  async find(applicationId: string, sid: string): Promise<KeptCall | null> {
    const document = await this.gateway.ports.ledger.documents.get(flexml.FLEXML_CALLS, applicationId, sid);
    return document === null ? null : keptCall(document);
  }

  /** All that are kept, oldest first. */
  async list(applicationId: string): Promise<readonly KeptCall[]> {
    const documents = await this.gateway.ports.ledger.documents.list(flexml.FLEXML_CALLS, applicationId);
    return documents.map((document) => keptCall(document));
  }

  /**
   * Writes fields. A call that waits for its time counts a new delay from now; one that rings begins with what is written
   * now; one that goes on is not interrupted. Whoever is to be told of the end is the one that was written last.
   * @throws RecgateError `field.*`, `request.not_found`
   */
  async rewrite(
    application: DoorApplication,
    sid: string,
    read: (before: flexml.CallFields) => flexml.CallFields,
  ): Promise<KeptCall> {
    const before = await this.require(application, sid);
    const planned = read(before.fields);
    const start = await this.startOf(application, planned, before.fields);
    const dueAt = new Date(this.gateway.ports.clock.now().getTime() + planned.delay * 1000).toISOString();
    if (before.stage === 'scheduled' && dueAt < before.dueAt) await this.noteDue(application, sid, dueAt);
    const changed = await this.change(application, sid, (current) => {
      const fields = read(current.fields);
      const waits = current.stage === 'scheduled' && fields.delay !== current.fields.delay;
      return { ...current, fields, dueAt: waits ? dueAt : current.dueAt };
    });
    if (changed?.stage === 'placed') await this.tellNode(changed, start);
    return changed ?? noSuchSid();
  }

  /**
   * Cancels a call that waits, ends one that goes on, and forgets it.
   * @throws RecgateError `request.not_found`
   */
  async cancel(application: DoorApplication, sid: string): Promise<void> {
    await this.require(application, sid);
    const giveUpAt = performance.now() + PLACING_PATIENCE_MS;
    while (!(await this.tryCancel(application, sid))) {
      if (performance.now() > giveUpAt) {
        throw new RecgateError('gateway.unavailable', 'The call is being made at this moment; try again');
      }
      await delay(PAUSE_MS);
    }
    await this.forgetDue(sid);
  }

  /** @throws RecgateError as `DoorCalls.place` */
  async place(application: DoorApplication, { sid, callRef, fields }: KeptCall): Promise<void> {
    const begin = await this.startOf(application, fields);
    await this.calls.place(application, {
      callRef,
      identity: { callId: sid, from: fields.calling_did, to: fields.called_did, direction: 'outbound', vendor: {} },
      begin,
      beginWhen: 'answered',
      ringMs: fields.timeout * 1000,
    });
  }

  /** The call as it is now; null when there is none any more. */
  async change(application: Pick<DoorApplication, 'record'>, sid: string, change: Change): Promise<KeptCall | null> {
    return (await this.tryChange(application.record.id, sid, change)).call;
  }

  /** The same, and whether the change was made. */
  async tryChange(
    applicationId: string,
    sid: string,
    change: Change,
  ): Promise<{ readonly applied: boolean; readonly call: KeptCall | null }> {
    const { documents } = this.gateway.ports.ledger;
    const { applied, document } = await documents.update(flexml.FLEXML_CALLS, applicationId, sid, (current) => {
      const decided = current === null ? null : change(keptCall(current));
      return decided === null || decided === 'remove' ? decided : { body: bodyOf(decided), sealed: null };
    });
    return { applied, call: document === null ? null : keptCall(document) };
  }

  /** Writes down when a call is due; whoever looks earlier finds it waiting. */
  async noteDue({ record }: Pick<DoorApplication, 'record'>, sid: string, dueAt: string): Promise<void> {
    const body = { applicationId: record.id, dueAt };
    await this.schedule(sid, () => ({ body, sealed: null }));
  }

  async forgetDue(sid: string): Promise<void> {
    await this.schedule(sid, (current) => (current === null ? null : 'remove'));
  }

  /** @throws RecgateError `request.conflict` */
  private async requireRoom({ record }: DoorApplication): Promise<void> {
    const waiting = (await this.list(record.id)).filter(({ stage }) => stage === 'scheduled');
    if (waiting.length < MOST_SCHEDULED) return;
    throw new RecgateError('request.conflict', `More than ${MOST_SCHEDULED} calls are scheduled`, { field: 'delay' });
  }

  private schedule(sid: string, decide: Parameters<typeof this.gateway.ports.ledger.documents.update>[3]) {
    return this.gateway.ports.ledger.documents.update(FLEXML_SCHEDULE, ALL_APPLICATIONS, sid, decide);
  }

  /**
   * What the call begins with: the document of the Call before that of its DID before the account's (contract §1.1).
   * @param before the number it is made from already needs not be the endpoint's any more
   * @throws RecgateError `field.missing` when none names one, `field.invalid` for a number of somebody else's
   */
  private async startOf(
    application: DoorApplication,
    fields: flexml.CallFields,
    before?: flexml.CallFields,
  ): Promise<flexml.FlexmlCallStart> {
    const dids = (await this.dids.list(application)).map((did) => did.fields);
    if (fields.calling_did !== before?.calling_did) flexml.requireOwnNumber(fields.calling_did, dids);
    const did = flexml.didOf(fields.calling_did, dids);
    const start = flexml.flexmlCallStart(application.view, did === null ? [fields] : [fields, did]);
    if (start !== null) return start;
    throw new RecgateError('field.missing', 'url is required: neither the DID nor the account has one', {
      field: 'url',
    });
  }

  private async write(
    { record }: DoorApplication,
    sid: string,
    call: Omit<KeptCall, 'sid' | 'createdAt'>,
  ): Promise<KeptCall> {
    const { documents } = this.gateway.ports.ledger;
    const written = { body: bodyOf(call), sealed: null };
    const { document }: DocumentUpdate = await documents.update(flexml.FLEXML_CALLS, record.id, sid, () => written);
    if (document === null) throw new RecgateError('gateway.internal', `The call ${sid} was not written`);
    return keptCall(document);
  }

  /** False while the call is being made: then it must be there before it can be ended. */
  private async tryCancel(application: DoorApplication, sid: string): Promise<boolean> {
    const kept = await this.find(application.record.id, sid);
    const call = kept === null ? null : await this.gateway.ports.ledger.calls.get(kept.callRef);
    if (call !== null && call.state !== 'ended') await this.end(call);
    const now = this.gateway.ports.clock.now().getTime();
    const left = await this.change(application, sid, (current) => {
      const isBeingMade = current.stage === 'placing' && !isAbandoned(current, now);
      return call !== null || (current.stage === kept?.stage && !isBeingMade) ? 'remove' : null;
    });
    return left === null;
  }

  private async end(call: CallRecord): Promise<void> {
    await unlessEnded(this.calls.hangup(call));
  }

  private async tellNode({ callRef }: KeptCall, start: flexml.FlexmlCallStart): Promise<void> {
    const call = await this.gateway.ports.ledger.calls.get(callRef);
    if (call !== null && call.state !== 'ended') await unlessEnded(this.calls.beginWith(call, start));
  }
}

/** A call that has ended meanwhile needs no command any more. */
async function unlessEnded(command: Promise<void>): Promise<void> {
  await command.catch((thrown: unknown) => {
    if (!(thrown instanceof RecgateError && thrown.code === 'request.not_found')) throw thrown;
  });
}

/** Nobody has taken the making of the call upon himself, or whoever had is dead. */
export function isAbandoned({ stage, claimedAt }: KeptCall, now: number): boolean {
  return stage === 'placing' && (claimedAt === null || now - Date.parse(claimedAt) > CLAIM_MS);
}

function keptCall({ id, createdAt, body }: NonNullable<DocumentUpdate['document']>): KeptCall {
  return { ...(body as unknown as Omit<KeptCall, 'sid' | 'createdAt'>), sid: id, createdAt };
}

function bodyOf({ fields, stage, dueAt, callRef, claimedAt }: Omit<KeptCall, 'sid' | 'createdAt'>): JsonObject {
  return { fields, stage, dueAt, callRef, claimedAt };
}
