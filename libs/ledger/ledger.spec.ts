import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ApplicationRecord, CallRecord, DeliveryRecord, Ledger, OutboxEntry, RecordingRecord } from '#libs/recording-model';
import { sampleRecordingRecord, startTestRedis, type TestRedis } from '#libs/testing';
import { createMemoryLedger, createRedisLedger } from './index.js';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

function describeLedgerContract(name: string, setup: () => Promise<Ledger>) {
  describe(name, () => {
    let ledger: Ledger;
    beforeAll(async () => {
      ledger = await setup();
    });
    afterAll(() => ledger.close());

    const newRecord = (id: string, change: Partial<RecordingRecord> = {}): RecordingRecord => ({
      ...sampleRecordingRecord(),
      id,
      state: 'accepted',
      version: 0,
      epoch: 0,
      eventCount: 0,
      history: [{ state: 'accepted', at: at(0).toISOString() }],
      createdAt: at(0).toISOString(),
      updatedAt: at(0).toISOString(),
      ...change,
    });

    it('accepts a recording once, however often it is asked', async () => {
      const first = await ledger.recordings.accept(newRecord('once'));
      const again = await ledger.recordings.accept(newRecord('once', { documentUrl: 'https://other.example/' }));
      expect(first.created).toBe(true);
      expect(again.created).toBe(false);
      expect(again.record).toEqual(first.record);
    });

    it('moves state, facts and events together and counts them', async () => {
      await ledger.recordings.accept(newRecord('moves'));
      await ledger.recordings.transition('moves', () => ({ to: 'capturing', at: at(1), patch: { startedAt: at(1).toISOString() } }));
      const outcome = await ledger.recordings.transition('moves', (current) => ({
        to: 'captured',
        at: at(2),
        cause: current.state,
        events: [{ name: 'recording.finished', at: at(2).toISOString(), mediaTimeMs: 1000 }],
      }));
      expect(outcome.applied).toBe(true);
      expect(outcome.record).toMatchObject({ state: 'captured', version: 2, eventCount: 1, startedAt: at(1).toISOString() });
      expect(outcome.record?.history.map((step) => step.state)).toEqual(['accepted', 'capturing', 'captured']);
      expect(await ledger.recordings.events('moves')).toMatchObject([{ sequence: 1, name: 'recording.finished', recordingId: 'moves' }]);
    });

    it('finds a recording by its names within its application, the newest when several bear one', async () => {
      const names = { fileSid: 'sid-1' };
      await ledger.recordings.accept(newRecord('named-1', { applicationId: 'app_names', names }));
      await ledger.recordings.accept(newRecord('named-2', { applicationId: 'app_names', names: { ...names, other: 'only-2' }, createdAt: at(5).toISOString() }));
      expect((await ledger.recordings.findByName('app_names', 'sid-1'))?.id).toBe('named-2');
      expect((await ledger.recordings.findByName('app_names', 'only-2'))?.id).toBe('named-2');
      expect(await ledger.recordings.findByName('app_other', 'sid-1')).toBeNull();
    });

    it('finds applications by the names their vendor knows them by, also after those changed', async () => {
      const application: ApplicationRecord = {
        id: 'app_address',
        tenantId: 'alpha',
        name: 'shop',
        vendor: 'sinch',
        settings: {},
        addresses: ['key-1'],
        sealedSecrets: null,
        createdAt: at(0).toISOString(),
        updatedAt: at(0).toISOString(),
      };
      const idsAt = async (address: string) => (await ledger.applications.findByAddress('sinch', address)).map(({ id }) => id);
      await ledger.applications.save(application);
      await ledger.applications.save({ ...application, id: 'app_twin' });
      expect((await idsAt('key-1')).sort()).toEqual(['app_address', 'app_twin']);
      expect(await ledger.applications.findByAddress('kazoo', 'key-1')).toEqual([]);
      await ledger.applications.save({ ...application, addresses: ['key-2'] });
      expect([await idsAt('key-1'), await idsAt('key-2')]).toEqual([['app_twin'], ['app_address']]);
      await ledger.applications.delete('app_twin');
      expect(await idsAt('key-1')).toEqual([]);
    });

    it('keeps the documents of an application, loses none of many writes at once, and forgets all with it', async () => {
      const { documents } = ledger;
      const count = (change: number) => documents.update('test.counters', 'app_docs', 'one', (current) => ({
        body: { n: Number(current?.body['n'] ?? 0) + change },
        sealed: null,
      }));
      await Promise.all(Array.from({ length: 20 }, () => count(1)));
      expect(await documents.get('test.counters', 'app_docs', 'one')).toMatchObject({ version: 20, body: { n: 20 } });
      expect((await documents.update('test.counters', 'app_docs', 'one', () => null)).applied).toBe(false);
      await documents.update('test.counters', 'app_docs', 'two', () => ({ body: {}, sealed: 'x' }));
      expect((await documents.list('test.counters', 'app_docs')).map(({ id }) => id)).toEqual(['one', 'two']);
      expect(await documents.list('test.counters', 'app_else')).toEqual([]);
      expect((await documents.update('test.counters', 'app_docs', 'one', () => 'remove')).document).toBeNull();
      await documents.removeAll('app_docs');
      expect(await documents.list('test.counters', 'app_docs')).toEqual([]);
    });

    it('finds calls by application and by the id in the vendor\'s form', async () => {
      const call = (callRef: string, second: number, applicationId = 'app_calls'): CallRecord => ({
        callRef,
        tenantId: 'alpha',
        applicationId,
        vendor: 'sinch',
        nodeId: 'node-1',
        identity: { callId: `id-${callRef}`, from: '1', to: '2', direction: 'inbound', vendor: {} },
        state: 'answered',
        createdAt: new Date(Date.now() + second * 1000).toISOString(),
        answeredAt: null,
        endedAt: null,
        endedBy: null,
        media: {},
        warnings: [],
      });
      for (const each of [call('c1', 1), call('c2', 2), call('c3', 3, 'app_else')]) await ledger.calls.save(each);
      expect((await ledger.calls.listOfApplication('app_calls', 10)).map(({ callRef }) => callRef)).toEqual(['c2', 'c1']);
      expect((await ledger.calls.findByCallId('app_calls', 'id-c1'))?.callRef).toBe('c1');
      expect(await ledger.calls.findByCallId('app_calls', 'id-c3')).toBeNull();
      const inRoom = async (conferenceId: string): Promise<string[]> =>
        (await ledger.calls.listOfConference('app_calls', conferenceId)).map(({ callRef }) => callRef).sort();
      const joins = (callRef: string, conferenceId: string, applicationId = 'app_calls') =>
        ledger.calls.save({ ...call(callRef, 1, applicationId), conference: { conferenceId, joinedAt: at(1).toISOString(), muted: false } });
      for (const each of ['c1', 'c2', 'c4']) await joins(each, 'a/b');
      await joins('c3', 'a/b', 'app_else');
      expect(await inRoom('a/b')).toEqual(['c1', 'c2', 'c4']);
      await joins('c1', 'elsewhere');
      await ledger.calls.save({ ...call('c2', 1), state: 'ended', endedAt: at(2).toISOString() });
      expect([await inRoom('a/b'), await inRoom('elsewhere'), await inRoom('a')]).toEqual([['c4'], ['c1'], []]);
      await joins('c1', 'a/b');
      expect(await inRoom('a/b')).toEqual(['c1', 'c4']);
    });

    it('refuses a move that the state machine does not know', async () => {
      await ledger.recordings.accept(newRecord('illegal'));
      await expect(ledger.recordings.transition('illegal', () => ({ to: 'available', at: at(1) }))).rejects.toThrow(/accepted to available/);
      expect((await ledger.recordings.get('illegal'))?.state).toBe('accepted');
    });

    it('loses none of many moves made at once', async () => {
      await ledger.recordings.accept(newRecord('race'));
      const count = 20;
      await Promise.all(
        Array.from({ length: count }, () =>
          ledger.recordings.transition('race', (current) => ({
            to: current.state,
            at: at(1),
            beginsStage: true,
            events: [{ name: 'recording.started', at: at(1).toISOString(), mediaTimeMs: 0 }],
          })),
        ),
      );
      expect(await ledger.recordings.get('race')).toMatchObject({ version: count, epoch: count, eventCount: count });
      const sequences = (await ledger.recordings.events('race')).map((event) => event.sequence);
      expect(sequences).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    });

    it('lists newest first, page by page, one tenant only', async () => {
      const tenantId = 'tenant-list';
      for (let index = 0; index < 7; index += 1) {
        await ledger.recordings.accept(newRecord(`page-${index}`, { tenantId, createdAt: at(index).toISOString() }));
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await ledger.recordings.list({ tenantId, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items.map((record) => record.id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `page-${index}`));
      expect((await ledger.recordings.list({ tenantId: 'nobody', limit: 3 })).items).toEqual([]);
      // From the second to the sixth, the end not included.
      const range = { createdAfter: at(1), createdBefore: at(5) };
      const first = await ledger.recordings.list({ tenantId, limit: 3, ...range });
      const rest = await ledger.recordings.list({ tenantId, limit: 3, ...range, cursor: first.nextCursor ?? '' });
      const within = [...first.items, ...rest.items].map((record) => record.id);
      expect([within, rest.nextCursor]).toEqual([[4, 3, 2, 1].map((index) => `page-${index}`), null]);
    });

    it('finds what is stuck and forgets what has ended', async () => {
      await ledger.recordings.accept(newRecord('stuck', { updatedAt: at(3).toISOString() }));
      const before = await ledger.recordings.stuckSince(at(50), 1000);
      expect(before.map((record) => record.id)).toContain('stuck');
      await ledger.recordings.transition('stuck', () => ({ to: 'cancelled', at: at(4) }));
      const after = await ledger.recordings.stuckSince(at(50), 1000);
      expect(after.map((record) => record.id)).not.toContain('stuck');
    });

    it('hands every move to the outbox, again when the handler failed, in order per recording', async () => {
      const stop = new AbortController();
      const seen: OutboxEntry[] = [];
      let failures = 1;
      const done = ledger.outbox.consume((entry) => {
        if (entry.recordingId !== 'boxed') return Promise.resolve();
        if (failures > 0) {
          failures -= 1;
          return Promise.reject(new Error('not now'));
        }
        seen.push(entry);
        return Promise.resolve();
      }, stop.signal);
      await ledger.recordings.accept(newRecord('boxed'));
      await ledger.recordings.transition('boxed', () => ({ to: 'capturing', at: at(1) }));
      await ledger.recordings.transition('boxed', () => ({ to: 'capturing', at: at(2), beginsStage: true }));
      const deadline = Date.now() + 25_000;
      while ((seen.length < 3 || (await ledger.outbox.pending()) > 0) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      stop.abort();
      await done;
      // Whoever makes jobs of entries must see that nothing was entered, or a stage would set itself off for ever.
      expect(seen.map(({ state, entered }) => [state, entered])).toEqual([['accepted', true], ['capturing', true], ['capturing', false]]);
      expect(await ledger.outbox.pending()).toBe(0);
    });

    it('goes on for other recordings while an entry of one cannot be handled', async () => {
      const stop = new AbortController();
      const seen: string[] = [];
      const ids = Array.from({ length: 40 }, (_, index) => `beside-${index}`);
      const done = ledger.outbox.consume((entry) => {
        if (entry.recordingId === 'poison') return Promise.reject(new Error('never'));
        if (entry.recordingId.startsWith('beside-')) seen.push(entry.recordingId);
        return Promise.resolve();
      }, stop.signal);
      await ledger.recordings.accept(newRecord('poison'));
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (const id of ids) await ledger.recordings.accept(newRecord(id));
      const deadline = Date.now() + 20_000;
      while (seen.length < ids.length && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort();
      await done;
      expect([...new Set(seen)].sort()).toEqual([...ids].sort());
    });

    it('works a delivery chain off in order and lets one worker in', async () => {
      const delivery = (sequence: number): DeliveryRecord => ({
        id: `chained.hook.${sequence}`,
        tenantId: 't',
        recordingId: 'chained',
        subscription: 'hook',
        purpose: 'hook',
        eventSequence: sequence,
        status: 'pending',
        attempts: [],
        fallbackNext: false,
        nextAttemptAt: null,
        createdAt: at(sequence).toISOString(),
      });
      expect(await ledger.deliveries.enqueue(delivery(1))).toBe(true);
      expect(await ledger.deliveries.enqueue(delivery(2))).toBe(true);
      expect(await ledger.deliveries.enqueue(delivery(1))).toBe(false);
      const lease = await ledger.deliveries.lease('chained', 'hook', 60_000);
      expect(lease).not.toBeNull();
      expect(await ledger.deliveries.lease('chained', 'hook', 60_000)).toBeNull();
      expect((await ledger.deliveries.head('chained', 'hook'))?.eventSequence).toBe(1);
      expect(await ledger.deliveries.overdue(at(10), 10)).toEqual([{ recordingId: 'chained', subscription: 'hook' }]);
      await ledger.deliveries.update({ ...delivery(1), status: 'delivered' });
      expect((await ledger.deliveries.head('chained', 'hook'))?.eventSequence).toBe(2);
      await ledger.deliveries.update({ ...delivery(2), status: 'exhausted' });
      expect(await ledger.deliveries.head('chained', 'hook')).toBeNull();
      expect(await ledger.deliveries.overdue(at(10), 10)).toEqual([]);
      await ledger.deliveries.update(delivery(2));
      expect((await ledger.deliveries.head('chained', 'hook'))?.id).toBe('chained.hook.2');
      await lease?.release();
      expect(await ledger.deliveries.lease('chained', 'hook', 60_000)).not.toBeNull();
      expect((await ledger.deliveries.listOfRecording('chained')).map((each) => each.id)).toEqual(['chained.hook.1', 'chained.hook.2']);
    });

    it('tells live listeners of one tenant', async () => {
      const heard: string[] = [];
      const stop = await ledger.watch('tenant-watch', (event) => heard.push(event.name));
      for (const tenantId of ['tenant-watch', 'tenant-other']) {
        await ledger.recordings.accept(newRecord(`watched-${tenantId}`, { tenantId }));
        await ledger.recordings.transition(`watched-${tenantId}`, () => ({
          to: 'capturing',
          at: at(1),
          events: [{ name: 'recording.started', at: at(1).toISOString(), mediaTimeMs: 0 }],
        }));
      }
      const deadline = Date.now() + 5000;
      while (heard.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
      await stop();
      expect(heard).toEqual(['recording.started']);
    });
  });
}

describe('ledger', () => {
  describeLedgerContract('in memory', () => Promise.resolve(createMemoryLedger()));

  describe('with a real Redis', () => {
    let server: TestRedis;
    beforeAll(async () => {
      server = await startTestRedis();
    });
    afterAll(() => server.stop());
    describeLedgerContract('on Redis', () =>
      Promise.resolve(
        createRedisLedger({
          prefix: 'test',
          connect: () => new Redis(server.url, { maxRetriesPerRequest: null, disconnectTimeout: 100 }).on('error', () => undefined),
        }),
      ),
    );
  });
});
