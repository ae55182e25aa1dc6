import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecordingState } from '#libs/recording-model';
import { sampleRecordingRecord } from '#libs/testing';
import { CommandServer } from './testing/command-server.js';
import { CALL, first } from './testing/file-recordings.js';
import { BETA_KEY, GatewayUnderTest, type Answer, type Body } from './testing/gateway-under-test.js';

const CANARY = 'canary-c411ed';
const LEGS = { caller: { transport: 'rtp', codec: 'PCMU', telephoneEventPayloadType: 101 } };

let gateway: GatewayUnderTest;
let node: Awaited<ReturnType<typeof CommandServer.start>>;
let sinch: string;
let call: Body;
const answers: string[] = [];

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  sinch = await gateway.application('sinch', { callbackUrl: 'https://app.example.com/sinch' });
});

afterAll(async () => {
  await node.close();
  await gateway.stop();
});

async function ask(method: string, path: string, body?: object, headers = {}): Promise<Answer> {
  const answer = await gateway.ask(method, path, { headers, ...(body === undefined ? {} : { body }) });
  answers.push(answer.text);
  return answer;
}

const create = (change: object = {}) =>
  ask('POST', '/v1/calls', { applicationId: sinch, call: CALL, legs: LEGS, ...change });
const lastCommand = () => node.commands.at(-1);
const path = (rest = '') => `/v1/calls/${String(call['callRef'])}${rest}`;

describe('calls', () => {
  it('are refused while no media node takes any', async () => {
    const answer = await create();
    expect([answer.status, answer.json()['code'], answer.headers.get('retry-after')]).toEqual([503, 'node.full', '1']);
    node = await CommandServer.start(gateway.runtime);
  });

  it('are begun at a media node, shown and listed', async () => {
    const made = await create();
    expect(made.status).toBe(201);
    call = made.json();
    expect(call).toMatchObject({
      applicationId: sinch,
      vendor: 'sinch',
      state: 'answered',
      identity: { ...CALL, direction: 'inbound' },
      media: { caller: { address: '127.0.0.1:20000' } },
    });
    expect(lastCommand()).toMatchObject({
      name: 'openCall',
      data: { tenantId: 'alpha', answered: true, fetchDocument: false, legs: LEGS },
    });
    expect((await ask('GET', path())).json()).toEqual(call);
    expect((await ask('GET', '/v1/calls?limit=1')).json()).toEqual({ items: [call] });
  });

  it.each([
    [{ legs: {} }, 'legs', 'field.missing'],
    [{ legs: { caller: { transport: 'smoke' } } }, 'legs.caller.transport', 'field.invalid'],
    [{ legs: { caller: { transport: 'rtp', codec: 'G729' } } }, 'legs.caller.codec', 'field.invalid'],
    [
      { legs: { caller: { transport: 'rtp', codec: 'PCMU', remote: { address: '1.2.3.4', port: 70_000 } } } },
      'legs.caller.remote.port',
      'field.invalid',
    ],
    [{ legs: { callee: { transport: 'websocket', dialect: 'morse' } } }, 'legs.callee.dialect', 'field.invalid'],
    [{ call: { from: 'a' } }, 'call.to', 'field.invalid'],
    [{ call: { ...CALL, direction: null } }, 'call.direction', 'field.invalid'],
    [{ answered: 'yes' }, 'answered', 'field.invalid'],
  ])('with %j are refused naming %s', async (change, field, code) => {
    const answer = await create(change);
    expect([answer.status, answer.json()['code'], answer.json()['field']]).toEqual([400, code, field]);
  });

  it.each([
    [
      { type: 'dtmf', key: '5', party: 'callee' },
      { name: 'callEvent', data: { event: { type: 'dtmf', key: '5', party: 'callee' } } },
    ],
    [
      { type: 'dtmf', key: '#' },
      { name: 'callEvent', data: { event: { type: 'dtmf', key: '#', party: 'caller' } } },
    ],
    [{ type: 'bridged' }, { name: 'callEvent', data: { event: { type: 'bridged' } } }],
    [{ type: 'answered' }, { name: 'callEvent', data: { event: { type: 'answered' } } }],
    [
      { type: 'transfer', party: 'callee' },
      { name: 'callEvent', data: { event: { type: 'transfer', party: 'callee', remote: null } } },
    ],
    [
      { type: 'transfer', party: 'caller', remote: { address: '192.0.2.7', port: 4000 } },
      {
        name: 'callEvent',
        data: { event: { type: 'transfer', party: 'caller', remote: { address: '192.0.2.7', port: 4000 } } },
      },
    ],
  ])('hear of %j', async (event, command) => {
    expect((await ask('POST', path('/events'), event)).status).toBe(202);
    expect(lastCommand()).toMatchObject(command);
  });

  it.each([
    [{ type: 'dtmf', key: '12' }, 'key'],
    [{ type: 'dtmf' }, 'key'],
    [{ type: 'transfer' }, 'party'],
    [{ type: 'sneeze' }, 'type'],
  ])('do not hear of %j', async (event, field) => {
    expect((await ask('POST', path('/events'), event)).json()).toMatchObject({ code: 'field.invalid', field });
  });
});

describe('recordings on a call', () => {
  const document = JSON.stringify({
    instructions: [
      {
        name: 'startRecording',
        options: {
          destinationUrl: 's3://calls/a.mp3',
          credentials: `KEY:${CANARY}:eu-west-1`,
          notificationEvents: true,
        },
      },
    ],
    action: { name: 'hangup' },
  });

  it('start by a document, once however often it is handed over', async () => {
    const body = { document, role: 'ice', url: `https://u:${CANARY}@app.example.com/ice` };
    const one = await ask('POST', path('/instructions'), body);
    expect(one.status).toBe(200);
    expect(one.json()).toMatchObject({ repeated: false, recordings: [expect.any(String)] });
    const two = await ask('POST', path('/instructions'), body);
    expect(two.json()).toMatchObject({ repeated: true, recordings: one.json()['recordings'] });
    const keyed = await ask('POST', path('/instructions'), body, { 'idempotency-key': 'other' });
    expect(keyed.json()['repeated']).toBe(false);
  });

  it('start by a document through the recordings, too', async () => {
    const body = { callRef: call['callRef'], document, role: 'ice' };
    const one = await ask('POST', '/v1/recordings', body, { 'idempotency-key': 'r-1' });
    expect([one.status, first(one)['callRef']]).toEqual([201, call['callRef']]);
    const two = await ask('POST', '/v1/recordings', body, { 'idempotency-key': 'r-1' });
    expect([two.status, first(two)['id']]).toEqual([200, first(one)['id']]);
  });

  it('answer a bad document with its position, before the media node sees it', async () => {
    const before = node.commands.length;
    const answer = await ask('POST', path('/instructions'), {
      document: `{"instructions": [,] ${CANARY}`,
      role: 'ice',
    });
    expect([answer.status, answer.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'document.malformed', position: expect.objectContaining({ line: 1 }) }),
    ]);
    expect(node.commands).toHaveLength(before);
  });

  it('start by a canonical spec; the repeat is the same one, for another call it is a conflict', async () => {
    const spec = {
      destination: { kind: 'http-upload', url: 'https://files.example.com/', userinfo: { secret: 'who' } },
    };
    const body = { callRef: call['callRef'], spec, secrets: { who: `user:${CANARY}` } };
    const one = await ask('POST', '/v1/recordings', body, { 'idempotency-key': 'r-2' });
    expect([one.status, first(one)['spec']]).toEqual([
      201,
      expect.objectContaining({ vendor: 'sinch', destination: expect.objectContaining({ method: 'PUT' }) }),
    ]);
    const two = await ask('POST', '/v1/recordings', body, { 'idempotency-key': 'r-2' });
    expect([two.status, first(two)['id']]).toEqual([200, first(one)['id']]);
    const other = (await create()).json();
    const three = await ask(
      'POST',
      '/v1/recordings',
      { ...body, callRef: other['callRef'] },
      { 'idempotency-key': 'r-2' },
    );
    expect([three.status, three.json()['field']]).toEqual([409, 'Idempotency-Key']);
  });

  it('are of the call’s own application and identity', async () => {
    const answer = await ask('POST', '/v1/recordings', {
      callRef: call['callRef'],
      applicationId: 'app_other',
      spec: {},
    });
    expect(answer.json()).toMatchObject({ code: 'field.invalid', field: 'applicationId' });
    expect(
      (await ask('POST', '/v1/recordings', { callRef: call['callRef'], call: CALL, spec: {} })).json()['field'],
    ).toBe('call');
    expect((await ask('POST', '/v1/recordings', { callRef: 'call_nowhere', spec: {} })).status).toBe(404);
  });

  it('are steered through their media node while they run', async () => {
    const id = String(first(await ask('POST', '/v1/recordings', { callRef: call['callRef'], spec: {} }))['id']);
    for (const action of ['pause', 'resume', 'mask', 'unmask', 'stop']) {
      expect((await ask('POST', `/v1/recordings/${id}/${action}`)).status).toBe(202);
      expect(lastCommand()).toEqual({ name: 'control', data: { callRef: call['callRef'], recordingId: id, action } });
    }
    for (const state of ['captured', 'available', 'failed', 'absent'] satisfies RecordingState[]) {
      await gateway.runtime.ports.ledger.recordings.accept(
        sampleRecordingRecord({ id: `over-${state}`, tenantId: 'alpha', nodeId: node.nodeId, state }),
      );
      const late = await ask('POST', `/v1/recordings/over-${state}/stop`);
      expect([late.status, late.json()['code']]).toEqual([409, 'request.conflict']);
    }
  });

  it('show no file names of the gateway when it failed', async () => {
    const failure = {
      code: 'gateway.internal',
      stage: 'encode',
      blame: 'gateway',
      message: 'ENOENT: no such file, open /srv/recgate/spool/x',
    } as const;
    await gateway.runtime.ports.ledger.recordings.accept(
      sampleRecordingRecord({ id: 'broken', tenantId: 'alpha', state: 'failed', failure }),
    );
    const shown = await ask('GET', '/v1/recordings/broken');
    expect(shown.json()['failure']).toMatchObject({ code: 'gateway.internal', message: 'The gateway failed' });
    expect(shown.text).not.toContain('/srv');
  });
});

describe('another tenant', () => {
  it('cannot tell a neighbour’s call from none', async () => {
    const own = String(call['callRef']);
    const bodies = { '': undefined, '/events': { type: 'bridged' }, '/instructions': { document: '{}' } };
    for (const [method, rest] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/events'],
      ['POST', '/instructions'],
    ] as const) {
      const body = bodies[rest];
      const given = { key: BETA_KEY, ...(body === undefined ? {} : { body }) };
      const theirs = await gateway.ask(method, `/v1/calls/${own}${rest}`, given);
      const never = await gateway.ask(method, `/v1/calls/call_never${rest}`, given);
      expect([theirs.status, theirs.text.replaceAll(own, 'call_never')]).toEqual([404, never.text]);
    }
    const start = await gateway.ask('POST', '/v1/recordings', { key: BETA_KEY, body: { callRef: own, spec: {} } });
    expect(start.status).toBe(404);
    expect((await gateway.ask('GET', '/v1/calls', { key: BETA_KEY })).json()).toEqual({ items: [] });
  });
});

describe('the end of a call', () => {
  it('is told to the media node; an ended call takes nothing more', async () => {
    expect((await ask('POST', path('/events'), { type: 'hangup', party: 'caller' })).status).toBe(202);
    expect(lastCommand()).toEqual({ name: 'hangup', data: { callRef: call['callRef'], by: 'caller' } });
    for (const [method, rest, body] of [
      ['POST', '/events', { type: 'bridged' }],
      ['POST', '/instructions', { document: '{}' }],
      ['DELETE', '', undefined],
    ] as const) {
      const late = await ask(method, path(rest), body);
      expect([late.status, late.json()['code']]).toEqual([409, 'request.conflict']);
    }
    const other = (await create()).json();
    expect((await ask('DELETE', `/v1/calls/${String(other['callRef'])}`)).status).toBe(202);
    expect(lastCommand()).toEqual({ name: 'hangup', data: { callRef: other['callRef'], by: null } });
  });
});

describe('credentials', () => {
  it('of documents and specs pass the queue to the media node sealed, and are nowhere in Redis, log or answers', async () => {
    expect(JSON.stringify(node.commands)).not.toContain(CANARY);
    expect(await gateway.everythingWritten()).not.toContain(CANARY);
    expect(answers.join('\n')).not.toContain(CANARY);
  });
});
