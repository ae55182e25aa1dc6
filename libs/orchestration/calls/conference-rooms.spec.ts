import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSpool, MediaNode, type LiveCallMedia } from '#libs/capture';
import { createMemoryLedger } from '#libs/ledger';
import type { Ledger } from '#libs/recording-model';
import { seededIdSource } from '#libs/testing';
import type { OrchestrationPorts } from '../ports.js';
import { CallConnection, type ConnectedCall } from './call-connection.js';
import type { CallContext } from './call-context.js';
import { CONFERENCE_HOMES, CONFERENCES, ConferenceRooms } from './conference-rooms.js';
import { PendingWork } from './pending-work.js';

const APPLICATION = { applicationId: 'app', tenantId: 'tenant', settings: {}, secrets: {} };
const LISTENER = { keyPressed: () => undefined, advanced: () => undefined, mediaTimedOut: () => undefined };
const HEARTBEAT_MS = 60_000;
const HEARTBEAT_PATIENCE_MS = 100;

let directory: string;
let media: MediaNode;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recgate-conferences-'));
  const from = randomInt(10_000, 30_000);
  const spool = createSpool({ directory, durable: false });
  media = new MediaNode({ spool, rtp: { address: '127.0.0.1', from, to: from + 400 }, maxCalls: 100, maxLagMs: 60_000 });
});

afterAll(async () => {
  await media.close();
  await rm(directory, { recursive: true, force: true });
});

/** The rooms of two nodes on one ledger; both nodes are alive. */
async function twoNodes() {
  const ledger: Ledger = createMemoryLedger();
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  // All that rooms without recordings ask for.
  const ports = { ledger, log, ids: seededIdSource(3) } as unknown as OrchestrationPorts;
  const alive = (nodeId: string) => ledger.nodes.heartbeat({ nodeId, calls: 0, maxCalls: 10, accepting: true }, HEARTBEAT_MS);
  await Promise.all([alive('node-1'), alive('node-2')]);
  const factory = { openConference: (callRef: string, listener: typeof LISTENER) => media.openConference({ callRef, listener }) };
  const rooms = (nodeId: string) => new ConferenceRooms(ports, nodeId, factory, HEARTBEAT_PATIENCE_MS);
  return { ledger, alive, first: rooms('node-1'), second: rooms('node-2') };
}

let calls = 0;
async function openCall(): Promise<{ context: CallContext; call: LiveCallMedia }> {
  const callRef = `call_${++calls}`;
  const leg = { kind: 'rtp', party: 'caller', payloadTypes: [{ payloadType: 0, codec: 'PCMU', sampleRate: 8000 }], telephoneEvent: null, remote: null } as const;
  const call = await media.openCall({ callRef, legs: [leg], listener: LISTENER });
  const identity = { callId: callRef, from: '+15165550138', to: '+15165550137', direction: 'inbound', vendor: {} } as const;
  const client = { fetch: () => Promise.reject(new Error('nobody is asked')) };
  return { call, context: { callRef, tenantId: 'tenant', nodeId: 'node-1', vendor: 'sinch', application: APPLICATION, identity, client } };
}

const enter = async (rooms: ConferenceRooms, conferenceId = 'standup') => {
  const { context, call } = await openCall();
  return { call, room: await rooms.join(context, call, 'caller', conferenceId) };
};

it('a conference is one room on one node, until its last participant has left', async () => {
  const { ledger, first, second } = await twoNodes();
  const [anna, ben] = await Promise.all([enter(first), enter(first)]);
  expect(anna.room).toBe(ben.room);
  expect(anna.room.callRef).toMatch(/^conf_/);
  expect(anna.room.identity).toMatchObject({ callId: 'standup', conferenceId: 'standup' });
  await expect(enter(second)).rejects.toMatchObject({ code: 'request.conflict', message: expect.stringContaining('node-1') });
  const other = await enter(second, 'retro');
  expect(other.room).not.toBe(anna.room);
  anna.room.leave(anna.call);
  anna.room.leave(anna.call);
  expect(anna.room.over).toBe(false);
  anna.room.leave(ben.call);
  expect(anna.room.over).toBe(true);
  await anna.room.end();
  expect(first.find(anna.room.callRef)).toBeNull();
  expect((await ledger.documents.list(CONFERENCES, 'app')).map(({ id }) => id)).toEqual(['retro']);
  const cleo = await enter(second);
  expect(cleo.room.callRef).not.toBe(anna.room.callRef);
  // Where the last conference was held, the application's next calls go.
  expect((await ledger.documents.get(CONFERENCE_HOMES, 'app', 'app'))?.body).toEqual({ nodeId: 'node-2' });
  await second.stop();
  expect(await ledger.documents.list(CONFERENCES, 'app')).toEqual([]);
});

it('a node whose heartbeat was merely late keeps its conference', async () => {
  const { ledger, alive, first, second } = await twoNodes();
  await enter(first);
  await ledger.nodes.remove('node-1');
  const late = enter(second);
  await alive('node-1');
  await expect(late).rejects.toMatchObject({ code: 'request.conflict' });
  await first.stop();
});

it('a ledger that is away for a moment keeps nobody out', async () => {
  const { ledger, first } = await twoNodes();
  const { documents } = ledger;
  const get = documents.get.bind(documents);
  let failures = 3;
  documents.get = (...asked) => (failures-- > 0 ? Promise.reject(new Error('Command timed out')) : get(...asked));
  const anna = await enter(first);
  expect([anna.room.over, failures < 0]).toEqual([false, true]);
  await first.stop();
});

it('a joining that is given up on its way comes to nothing, also when another one has begun', async () => {
  const { ledger, first } = await twoNodes();
  const { context, call: media } = await openCall();
  const live = { parties: ['caller'], relay: false, answerOnMedia: false, ringMs: null, byStream: null, conferences: first } as const;
  const pending = new PendingWork();
  const nothing = (): void => undefined;
  const owner = { context: { ...context, live }, media, state: 'answered', pending, waitsForParty: true } as const;
  const told = { enterBridged: nothing, leaveBridged: nothing, legEnded: nothing, answered: nothing, conferenceDecided: nothing, changed: nothing, warn: nothing };
  const joining: Partial<ConnectedCall> = { ...owner, ...told };
  const connection = new CallConnection(joining as ConnectedCall, { now: () => new Date() });
  const connect = (to: string) => connection.connect({ kind: 'connect', to, conference: true, maxDurationMs: null, next: null });
  connect('given-up');
  connection.disconnect();
  connect('standup');
  await pending.idle();
  expect(connection.conference?.conferenceId).toBe('standup');
  expect((await ledger.documents.list(CONFERENCES, 'app')).map(({ id }) => id)).toEqual(['standup']);
  connection.leaveRoom();
  await first.stop();
});

it('who comes when the last one has just left begins a new conference', async () => {
  const { first } = await twoNodes();
  const anna = await enter(first);
  anna.room.leave(anna.call);
  const ben = await enter(first);
  expect(ben.room).not.toBe(anna.room);
  expect(ben.room.over).toBe(false);
  await first.stop();
});

it('the claim of a node that is gone is void', async () => {
  const { ledger, first, second } = await twoNodes();
  await enter(first);
  await ledger.nodes.remove('node-1');
  const ben = await enter(second);
  expect((await ledger.documents.get(CONFERENCES, 'app', 'standup'))?.body).toEqual({ nodeId: 'node-2', callRef: ben.room.callRef });
  // The first node may still be shutting down; what it lets go of is not the second's claim.
  await first.stop();
  expect(await ledger.documents.get(CONFERENCES, 'app', 'standup')).not.toBeNull();
  await second.stop();
});
