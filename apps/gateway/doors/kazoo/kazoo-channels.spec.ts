import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ACCOUNT } from './testing/kazoo-client.js';
import { startKazooDoor, type KazooDoorUnderTest } from './testing/kazoo-door-under-test.js';

let door: KazooDoorUnderTest;
let gateway: KazooDoorUnderTest['gateway'];
let node: KazooDoorUnderTest['node'];
let client: KazooDoorUnderTest['client'];
let applicationId: string;

beforeAll(async () => {
  door = await startKazooDoor();
  ({ gateway, node, client, applicationId } = door);
});

afterAll(() => door.stop());

let calls = 0;

/** A call of the application that has just been answered. */
async function call(application = applicationId): Promise<{ readonly callId: string; readonly path: string }> {
  calls += 1;
  const callId = `call-${calls}@192.0.2.10`;
  const answer = await gateway.ask('POST', '/v1/calls', {
    body: {
      applicationId: application,
      call: {
        callId,
        from: '1001@acme.sip.example.com',
        to: '2000@acme.sip.example.com',
        vendor: {
          caller_id_name: 'Jane Doe',
          caller_id_number: '+14155550111',
          interaction_id: '63931234567-9c1d2e3f',
        },
      },
      legs: { caller: { transport: 'rtp', codec: 'PCMU' } },
    },
  });
  if (answer.status !== 201) throw new Error(answer.text);
  return { callId, path: `/channels/${encodeURIComponent(callId)}` };
}

const metaflow = (data: object): object => ({ action: 'metaflow', data: { module: 'record_call', data } });
const lastCommand = () => node.commands.at(-1);

describe('channels', () => {
  it('are the active calls, in words of Kazoo', async () => {
    const { callId, path } = await call();
    const shown = await client.ask('GET', path);
    expect([shown.status, shown.json()['data']]).toEqual([
      200,
      {
        uuid: callId,
        call_id: callId,
        account_id: ACCOUNT,
        direction: 'inbound',
        answered: true,
        bridged: false,
        from: '1001@acme.sip.example.com',
        to: '2000@acme.sip.example.com',
        destination: '2000',
        username: '1001',
        presence_id: '1001@acme.sip.example.com',
        caller_id_name: 'Jane Doe',
        caller_id_number: '+14155550111',
        callee_id_number: '2000',
        interaction_id: '63931234567-9c1d2e3f',
        timestamp: expect.any(Number),
        channel_created_time: expect.any(Number),
        elapsed_s: expect.any(Number),
      },
    ]);
    expect(Number(shown.json()['data']?.['timestamp'])).toBeGreaterThan(63_900_000_000);
    expect((await client.ask('GET', '/channels')).json()['data']).toContainEqual(
      expect.objectContaining({ uuid: callId }),
    );
  });

  it('are not found when there is none of that id, it has ended, or it is of another application', async () => {
    const other = await gateway.application('kazoo', { accountId: ACCOUNT, apiKey: 'a7'.repeat(32) });
    const foreign = await call(other);
    const ended = await call();
    await client.ask('POST', ended.path, { data: {}, action: 'hangup' });
    for (const { callId, path } of [foreign, ended, { callId: 'none', path: '/channels/none' }]) {
      for (const [method, body] of [['GET'], ['PUT', metaflow({})], ['POST', { action: 'hangup' }]] as const) {
        const answer = await client.ask(method, path, body);
        expect([answer.status, answer.json()['message'], answer.json()['data']]).toEqual([
          404,
          'bad_identifier',
          { message: 'bad identifier', cause: callId },
        ]);
      }
    }
    const active = (await client.ask('GET', '/channels')).text;
    expect([foreign, ended].filter(({ callId }) => active.includes(callId))).toEqual([]);
  });
});

describe('metaflows sent to a call', () => {
  it('start a recording, which the ledger has when it is acknowledged', async () => {
    const { callId, path } = await call();
    const answer = await client.ask(
      'PUT',
      path,
      metaflow({ action: 'start', format: 'mp3', url: 'https://rec.example.com/kzr' }),
    );
    expect([answer.status, answer.json()]).toEqual([
      202,
      expect.objectContaining({ data: 'metaflow sent', status: 'success', auth_token: client.token }),
    ]);
    const { items } = (await gateway.ask('GET', '/v1/recordings')).json();
    expect(items).toContainEqual(expect.objectContaining({ call: expect.objectContaining({ callId }) }));
    expect(lastCommand()).toMatchObject({ name: 'instruct', data: { role: 'metaflow' } });
  });

  it.each(['stop', 'mask', 'unmask', 'toggle'])('%s', async (action) => {
    const { path } = await call();
    const answer = await client.ask('PUT', path, metaflow({ action }));
    expect([answer.status, answer.json()['data']]).toEqual([202, 'metaflow sent']);
  });

  it('must be ones', async () => {
    const { path } = await call();
    const before = node.commands.length;
    const answers = await Promise.all(
      [
        { data: { module: 'record_call', data: {} } },
        { action: 'record', data: { module: 'record_call', data: {} } },
        { action: 'metaflow', data: { data: {} } },
        { action: 'metaflow', data: { module: 7, data: [] } },
      ].map((body) => client.ask('PUT', path, body)),
    );
    expect(
      answers.map((answer) => [answer.status, answer.json()['message'], Object.keys(answer.json()['data'] ?? {})]),
    ).toEqual([
      [400, 'invalid data', ['action']],
      [400, 'invalid data', ['action']],
      [400, 'validation error', ['module']],
      [400, 'validation error', ['module', 'data']],
    ]);
    expect(node.commands.length).toBe(before);
  });
});

describe('POST to a call', () => {
  it('hangs up, with the action beside data or in it', async () => {
    for (const body of [{ action: 'hangup', data: {} }, { data: { action: 'hangup' } }]) {
      const { path } = await call();
      const answer = await client.ask('POST', path, body);
      expect([answer.status, answer.json()['data']]).toEqual([202, 'hangup initiated']);
      expect(lastCommand()?.name).toBe('hangup');
      expect((await client.ask('GET', path)).status).toBe(404);
    }
  });

  it('runs a stored callflow', async () => {
    const stored = await client.ask('PUT', '/callflows', {
      data: {
        numbers: ['3000'],
        flow: { module: 'record_call', data: { url: 'https://rec.example.com/kzr' }, children: {} },
      },
    });
    const { path } = await call();
    const answer = await client.ask('POST', path, {
      action: 'callflow',
      data: { id: String(stored.json()['data']?.['id']) },
    });
    expect([answer.status, answer.json()['data'], lastCommand()]).toEqual([
      202,
      'callflow initiated',
      expect.objectContaining({ data: expect.objectContaining({ role: 'saved' }) }),
    ]);
    const none = await client.ask('POST', path, { action: 'callflow', data: { id: 'none' } });
    expect([none.status, none.json()['data']?.['cause']]).toEqual([404, 'none']);
    expect((await client.ask('POST', path, { action: 'callflow', data: {} })).status).toBe(400);
  });

  it.each([
    [{ action: 'break', data: {} }, 'break initiated'],
    [{ data: { action: 'intercept', target_type: 'user', target_id: 'u1' } }, 'intercept initiated'],
    [{ action: 'callflow', data: { captures: ['3000'] } }, 'callflow initiated'],
  ])('%j', async (body, told) => {
    const { path } = await call();
    const answer = await client.ask('POST', path, body);
    expect([answer.status, answer.json()['data'], lastCommand()]).toEqual([
      202,
      told,
      expect.objectContaining({ name: 'instruct', data: expect.objectContaining({ role: 'metaflow' }) }),
    ]);
  });

  it('transfers a call that is bridged, and no other', async () => {
    const { callId, path } = await call();
    const transfer = (data: object) => client.ask('POST', path, { action: 'transfer', data });
    const alone = await transfer({ target: '2600' });
    expect([alone.status, alone.json()['data']]).toEqual([
      400,
      { other_leg_call_id: { required: { message: 'Channel is not bridged' } } },
    ]);
    const { calls: ledger } = gateway.runtime.ports.ledger;
    const found = await ledger.findByCallId(applicationId, callId);
    if (found === null) throw new Error('the call is not in the ledger');
    await ledger.save({ ...found, state: 'bridged' });
    const nowhere = await transfer({});
    expect([nowhere.status, nowhere.json()['data']]).toEqual([
      400,
      { target: { required: { message: 'No target destination specified' } } },
    ]);
    const answer = await transfer({ target: '2600' });
    expect([answer.status, answer.json()['data']]).toEqual([202, 'transfer initiated']);
  });

  it('intercepts for somebody, whom it names', async () => {
    const { path } = await call();
    for (const [data, path_, message] of [
      [{ target_id: 'u1' }, 'target_type', 'No target type specified'],
      [{ target_type: 'user' }, 'target_id', 'No target id specified'],
    ] as const) {
      const answer = await client.ask('POST', path, { action: 'intercept', data });
      expect([answer.status, answer.json()['data']]).toEqual([400, { [path_]: { required: { message } } }]);
    }
  });

  it('takes no record and nothing else that it does not know', async () => {
    const { path } = await call();
    for (const action of ['record', 'constructor', undefined]) {
      const answer = await client.ask('POST', path, { action, data: { target: '2600' } });
      expect([answer.status, answer.json()]).toEqual([
        400,
        expect.objectContaining({
          error: '400',
          message: 'invalid data',
          status: 'error',
          data: { action: expect.anything() },
        }),
      ]);
    }
  });
});

describe('stored metaflows', () => {
  const stored = {
    numbers: { 71: { module: 'record_call', data: { action: 'start', url: 'https://u:pa55word@rec.example.com' } } },
  };

  it.each(['/metaflows', '/users/6c2f1bd4/metaflows', '/devices/77aa/metaflows'])('are kept for %s', async (path) => {
    expect((await client.ask('GET', path)).json()['data']).toEqual({});
    const answer = await client.ask('POST', path, { data: stored });
    expect([answer.status, answer.json()['data']]).toEqual([200, { binding_digit: '*', ...stored }]);
    expect((await client.ask('GET', path)).json()['data']).toEqual({ binding_digit: '*', ...stored });
    expect(await gateway.everythingWritten()).not.toContain('pa55word');
    expect((await client.ask('DELETE', path)).status).toBe(200);
    expect((await client.ask('GET', path)).json()['data']).toEqual({});
  });

  it('are checked', async () => {
    const answer = await client.ask('POST', '/metaflows', {
      data: {
        binding_digit: 'x',
        listen_on: 'nobody',
        digit_timeout: -1,
        numbers: { 71: { data: 1 }, x1: { module: 'hangup' } },
        patterns: { '(': { module: 'hangup' } },
      },
    });
    expect([answer.status, Object.keys(answer.json()['data'] ?? {}).sort()]).toEqual([
      400,
      ['binding_digit', 'digit_timeout', 'listen_on', 'numbers.71.data', 'numbers.71.module', 'numbers.x1', 'patterns.('],
    ]);
  });
});
