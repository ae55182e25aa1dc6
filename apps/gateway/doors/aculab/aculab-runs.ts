import { Inject, Injectable } from '@nestjs/common';
import {
  RecgateError,
  type CallRecord,
  type FlowAction,
  type FlowRequest,
  type RecordingRecord,
} from '#libs/recording-model';
import { aculab } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { DoorCalls } from '../shared/door-calls.js';
import type { AculabAccount } from './aculab-accounts.js';

/** A call of an account and the application it runs. */
export interface FoundRun {
  readonly application: DoorApplication;
  readonly call: CallRecord;
}

/** Most recordings of one run that its status tells. */
const MOST_RECORDINGS = 200;
/** What a node says of a call that ended before the interrupt reached it. */
const OVER: ReadonlySet<string> = new Set(['request.not_found', 'request.conflict']);

/** Application runs: one call each, known by its instance id. */
@Injectable()
export class AculabRuns {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: DoorCalls,
  ) {}

  /** By their instance ids, within the account; ids that no run has are left out. */
  async find(account: AculabAccount, instanceIds: readonly string[]): Promise<ReadonlyMap<string, FoundRun>> {
    const found = new Map<string, FoundRun>();
    await Promise.all(
      instanceIds.map(async (id) => {
        const run = await this.findByNames(account, id);
        if (run !== null) found.set(id, run);
      }),
    );
    const missing = new Set(instanceIds.filter((id) => !found.has(id)));
    if (missing.size > 0) await this.findAmongNewest(account, missing, found);
    return found;
  }

  /** By the id of its call, which begins with that of the run, or by what was recorded of it: however many calls came after it. */
  private async findByNames({ applications }: AculabAccount, instanceId: string): Promise<FoundRun | null> {
    const { calls, recordings } = this.gateway.ports.ledger;
    for (const application of applications) {
      const { id: applicationId } = application.record;
      const recorded = async () => (await recordings.findByName(applicationId, instanceId))?.callRef ?? null;
      const ref = (await calls.findByCallId(applicationId, `${instanceId}.1`))?.callRef ?? (await recorded());
      const call = ref === null ? null : await calls.get(ref);
      if (call?.applicationId === applicationId && aculab.instanceIdOf(call.identity) === instanceId)
        return { application, call };
    }
    return null;
  }

  /** A run whose call has a name of its own, and of which nothing was recorded yet. */
  private async findAmongNewest(
    { applications }: AculabAccount,
    wanted: ReadonlySet<string>,
    found: Map<string, FoundRun>,
  ): Promise<void> {
    for (const application of applications) {
      for (const call of await this.calls.list(application)) {
        const id = aculab.instanceIdOf(call.identity);
        if (wanted.has(id) && !found.has(id)) found.set(id, { application, call });
      }
    }
  }

  /** All runs of the account that the gateway still knows, newest first. */
  async list(account: AculabAccount): Promise<readonly FoundRun[]> {
    const lists = account.applications.map(async (application) =>
      (await this.calls.list(application)).map((call) => ({ application, call })),
    );
    return (await Promise.all(lists)).flat();
  }

  /** @throws RecgateError `request.not_found` */
  async describe(account: AculabAccount, instanceId: string): Promise<aculab.ApplicationRun> {
    const run = (await this.find(account, [instanceId])).get(instanceId);
    if (run === undefined) throw new RecgateError('request.not_found', 'There is no such application');
    const { application, call } = run;
    return { application: application.view, call, recordings: await this.recordingsOf(call) };
  }

  /** Interrupts a run (contract §6); what cannot be is told, never thrown. */
  async interrupt(
    call: CallRecord,
    redirect: FlowRequest | null,
  ): Promise<{ readonly result: aculab.InterruptResult; readonly step: FlowAction['kind'] | null }> {
    const over = { result: 'application already completed', step: null } as const;
    if (call.state === 'ended') return over;
    try {
      const { step } = await this.calls.interrupt(call, redirect);
      return { result: 'interrupted', step: step ?? null };
    } catch (thrown) {
      if (thrown instanceof RecgateError && OVER.has(thrown.code)) return over;
      throw thrown;
    }
  }

  /** Oldest first. */
  private async recordingsOf({ callRef, tenantId }: CallRecord): Promise<readonly RecordingRecord[]> {
    const page = await this.gateway.ports.ledger.recordings.list({ tenantId, callRef, limit: MOST_RECORDINGS });
    return page.items.toReversed();
  }
}
