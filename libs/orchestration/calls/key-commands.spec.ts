import { describe, expect, it } from '@jest/globals';
import { createMemoryLedger } from '#libs/ledger';
import type { CallIdentity, ConnectAction, JsonObject, VendorDocument } from '#libs/recording-model';
import { createSecretVault, newMasterKey } from '#libs/secrets';
import { kazoo, VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { CallContext } from './call-context.js';
import { KeyCommands } from './key-commands.js';
import { PendingWork } from './pending-work.js';

const CALL: CallIdentity = { callId: 'call', from: '1001', to: '2000', direction: 'inbound', vendor: {} };
const LIVE = { parties: ['caller', 'callee'], relay: false, answerOnMedia: false, ringMs: null, byStream: null } as const;
const record = (action: string): JsonObject => ({ module: 'record_call', data: { action } });

/** Key commands of a call, and what they have run. */
async function commands(stored: Readonly<Record<string, JsonObject>>, vendor: JsonObject = {}) {
  const ledger = createMemoryLedger();
  const vault = createSecretVault({ ...newMasterKey(), previousKeys: [] });
  for (const [id, document] of Object.entries(stored)) {
    const sealed = vault.seal({ document: JSON.stringify(document) }, { tenantId: 'tenant', ownerId: id });
    await ledger.documents.update(kazoo.METAFLOW_COLLECTION, 'app', id, () => ({ body: {}, sealed }));
  }
  const application = { applicationId: 'app', tenantId: 'tenant', settings: {}, secrets: {} };
  const ran: unknown[] = [];
  const warnings: string[] = [];
  const pending = new PendingWork();
  const context = { callRef: 'call', tenantId: 'tenant', vendor: 'kazoo', application, identity: { ...CALL, vendor }, live: LIVE };
  const call = {
    context: context as unknown as CallContext,
    pending,
    waitsForParty: false,
    instruct: ({ body, role }: VendorDocument) => ran.push([role, JSON.parse(body)]),
    warn: (message: string) => warnings.push(message),
  };
  const line = new KeyCommands({ ledger, vault, adapters: VENDOR_ADAPTERS }, call);
  line.listenToFirst();
  await pending.idle();
  let now = 0;
  /** Presses keys 100 ms apart, then waits. */
  const press = (keys: string, party: 'caller' | 'callee' = 'caller', waitMs = 1000): void => {
    for (const key of keys) line.key(key, party, (now += 100));
    now += waitMs;
    line.advance(now);
  };
  const connect = async (step: Partial<ConnectAction>): Promise<void> => {
    call.waitsForParty = true;
    line.listenToSecond({ kind: 'connect', to: 'x', conference: false, maxDurationMs: null, next: null, ...step });
    await pending.idle();
  };
  return { line, ran, warnings, press, connect, call };
}

const FOUR = { numbers: { 71: record('start'), 72: record('mask'), 73: record('unmask'), 74: record('stop') } };

describe('keys of the telephone (Kazoo contract §4.5)', () => {
  it('behind the binding key run the metaflow of their number', async () => {
    const { press, ran } = await commands({ account: FOUR });
    for (const keys of ['*71', '*72', '*73', '*74']) press(keys);
    expect(ran).toEqual(['start', 'mask', 'unmask', 'stop'].map((action) => ['metaflow', record(action)]));
  });

  it('without the binding key, of another number or of the other party run nothing', async () => {
    const { press, ran } = await commands({ account: FOUR });
    for (const keys of ['71', '*7', '*711', '#71', '**71']) press(keys);
    press('*71', 'callee');
    press('*');
    press('71');
    expect(ran).toEqual([]);
  });

  it('are looked up when no key has come for the digit timeout, by media time', async () => {
    const { line, ran, press } = await commands({ account: { ...FOUR, digit_timeout: 2000 } });
    press('*7', 'caller', 1800);
    expect(line.deadlineBefore(null)).toBe(2200);
    expect(line.deadlineBefore(2100)).toBe(2100);
    press('1', 'caller', 1999);
    expect(ran).toEqual([]);
    press('', 'caller', 1);
    expect(ran).toHaveLength(1);
    expect(line.deadlineBefore(null)).toBeNull();
  });

  it('another binding key, and keys of a pattern, which hears them', async () => {
    const { press, ran } = await commands({
      account: { binding_digit: '#', patterns: { '^9(.*)$': { module: 'transfer', data: { x: 1 } } } },
    });
    press('#9123');
    press('*9123');
    expect(ran).toEqual([['metaflow', { module: 'transfer', data: { x: 1, collected: '9123', captures: ['123'] } }]]);
  });

  it('those of a device go before those of its user, and these before those of the account', async () => {
    const { press, ran } = await commands(
      {
        account: { binding_digit: '#', numbers: { 1: record('stop'), 2: record('stop'), 3: record('stop') } },
        'user/jane': { numbers: { 1: record('mask'), 2: record('mask') } },
        'device/phone': { binding_digit: '*', numbers: { 1: record('start') } },
        'user/other': { numbers: { 4: record('start') } },
      },
      { owner_id: 'jane', custom_channel_vars: { authorizing_id: 'phone' } },
    );
    for (const keys of ['*1', '*2', '*3', '*4']) press(keys);
    expect(ran).toEqual(['start', 'mask', 'stop'].map((action) => ['metaflow', record(action)]));
  });

  it.each([
    ['self', [['caller', 1]]],
    ['peer', [['callee', 1]]],
    ['both', [['caller', 1], ['callee', 1]]],
  ] as const)('listen_on %s', async (listenOn, expected) => {
    const { press, ran } = await commands({ account: { ...FOUR, listen_on: listenOn } });
    const heard = (['caller', 'callee'] as const).flatMap((party) => {
      press('*71', party);
      return ran.splice(0).length === 0 ? [] : [[party, 1]];
    });
    expect(heard).toEqual(expected);
  });

  it('whom the flow connects is listened to as long as they are connected', async () => {
    const { press, ran, connect, call } = await commands({ 'user/jane': FOUR });
    press('*71', 'callee');
    await connect({ owners: ['user/jane', 'account'] });
    press('*72', 'caller');
    expect(ran).toEqual([]);
    press('*71', 'callee');
    expect(ran.splice(0)).toHaveLength(1);
    call.waitsForParty = false;
    press('*71', 'callee');
    await connect({});
    press('*71', 'callee');
    expect(ran).toEqual([]);
  });

  it('the keys of one party do not mix with those of the other', async () => {
    const { line, press, ran } = await commands({ account: { ...FOUR, listen_on: 'both' } });
    line.key('*', 'caller', 10);
    line.key('7', 'callee', 20);
    line.key('7', 'caller', 30);
    line.key('4', 'callee', 40);
    line.key('1', 'caller', 50);
    press('');
    expect(ran).toEqual([['metaflow', record('start')]]);
  });

  it('what is stored and cannot be read listens for nothing', async () => {
    const { press, ran, warnings } = await commands({ account: { numbers: [], patterns: 'x', binding_digit: 7 } });
    press('*71');
    expect([ran, warnings]).toEqual([[], []]);
  });
});
