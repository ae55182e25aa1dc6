import { expect, it } from '@jest/globals';
import { createMemoryLedger } from '#libs/ledger';
import { sampleRecordingRecord } from '#libs/testing';
import type { OrchestrationPorts } from './ports.js';
import { Reconciler } from './reconciler.js';

const MINUTE_MS = 60_000;

it('a recording that had not begun when its node was lost for good fails, after a while', async () => {
  const ledger = createMemoryLedger();
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const spools = { list: () => Promise.resolve([]), recover: () => Promise.resolve(null) };
  // All that the reconciler asks for.
  const ports = { ledger, log, spools, clock: { now: () => new Date(now) }, settings: { stuckAfterMs: 1000 }, work: {} } as unknown as OrchestrationPorts;
  const relay = { completeDeliveries: () => Promise.resolve(0) };
  const reconciler = new Reconciler(ports, { relay, uploadArrived: () => Promise.resolve(false), tenants: [] });
  const stateOf = async (id: string) => (await ledger.recordings.get(id))?.state;
  await ledger.recordings.accept(sampleRecordingRecord({ id: 'waiting', nodeId: 'gone' }));
  await ledger.recordings.accept(sampleRecordingRecord({ id: 'begun', nodeId: 'gone' }));
  await ledger.recordings.transition('begun', () => ({ to: 'capturing', at: new Date(now) }));
  for (const passed of [MINUTE_MS, 10_000, 8 * MINUTE_MS]) {
    now += passed;
    await reconciler.run();
    expect(await stateOf('waiting')).toBe('accepted');
  }
  now += 2 * MINUTE_MS;
  await reconciler.run();
  expect(await ledger.recordings.get('waiting')).toMatchObject({ state: 'failed', failure: { code: 'media.lost' } });
  // Its audio may lie on a machine that comes back.
  expect(await stateOf('begun')).toBe('capturing');
});
