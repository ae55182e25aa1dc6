import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer } from '../../testing/gateway-under-test.js';
import { ACCOUNT } from './testing/kazoo-client.js';
import { startKazooDoor, type KazooDoorUnderTest } from './testing/kazoo-door-under-test.js';

const ON = { enabled: true };
/** As the schema completes it. */
const COMPLETE = { enabled: true, record_on_answer: false, record_on_bridge: false, time_limit: 3600 };

let door: KazooDoorUnderTest;
let gateway: KazooDoorUnderTest['gateway'];
let client: KazooDoorUnderTest['client'];
let applicationId: string;

beforeAll(async () => {
  door = await startKazooDoor({ storeRecordings: 'true' });
  ({ gateway, client, applicationId } = door);
});

afterAll(() => door.stop());

const written = async (method: string, path: string, data: object): Promise<[number, unknown]> => {
  const answer = await client.ask(method, path, { data });
  return [answer.status, answer.json()['data']];
};
const shown = async (path: string): Promise<unknown> => (await client.ask('GET', path)).json()['data'];

describe('the documents of account, users and devices', () => {
  it('the account shows its call_recording; it is replaced, changed in part and taken away', async () => {
    const one = { account: { inbound: { offnet: { ...ON, url: 'https://user:pass@rec.example/kzr' } } } };
    const [status, data] = await written('POST', '', { name: 'Acme, Inc.', call_recording: one });
    const complete = { account: { inbound: { offnet: { ...COMPLETE, url: 'https://user:pass@rec.example/kzr' } } } };
    expect([status, data]).toEqual([200, { ...(data as object), id: ACCOUNT, name: 'Acme, Inc.', call_recording: complete }]);
    expect(await shown('')).toEqual(data);
    const part = { account: { inbound: { offnet: { url: null, format: 'wav' } } }, endpoint: { any: { any: ON } } };
    await written('PATCH', '', { call_recording: part });
    expect(await shown('')).toMatchObject({
      call_recording: { account: { inbound: { offnet: { ...COMPLETE, format: 'wav' } } }, endpoint: { any: { any: COMPLETE } } },
    });
    await written('PATCH', '', { name: 'Other' });
    expect(await shown('')).toMatchObject({ name: 'Acme, Inc.', call_recording: { endpoint: { any: { any: COMPLETE } } } });
    await written('POST', '', {});
    expect(await shown('')).not.toHaveProperty('call_recording');
  });

  it.each(['users/jane', 'devices/desk'])('%s has one of its own, or is not there', async (owner) => {
    expect((await client.ask('GET', `/${owner}`)).json()['message']).toBe('bad_identifier');
    expect(await written('PATCH', `/${owner}`, {})).toEqual([200, {}]);
    expect((await client.ask('GET', `/${owner}`)).status).toBe(404);
    const id = owner.split('/')[1];
    expect(await written('PATCH', `/${owner}`, { call_recording: { outbound: { any: ON } } })).toEqual([
      200,
      { id, call_recording: { outbound: { any: COMPLETE } } },
    ]);
    await written('POST', `/${owner}2`, { call_recording: { any: { any: ON } } });
    expect(await shown(`/${owner}`)).toEqual({ id, call_recording: { outbound: { any: COMPLETE } } });
    await written('POST', `/${owner}`, {});
    expect((await client.ask('GET', `/${owner}`)).status).toBe(404);
    expect((await client.ask('GET', `/${owner}2`)).status).toBe(200);
  });

  it('what the schema does not know is refused, all failures together, and nothing is changed', async () => {
    const strict = { message: 'Strict checking of data is enabled; only include schema-defined properties' };
    expect(await written('POST', '', { call_recording: { account: { inbound: { onnet: { method: 'put', time_limit: 2 }, here: {} } } } })).toEqual([
      400,
      {
        'call_recording.account.inbound.onnet.method': { additionalProperties: strict },
        'call_recording.account.inbound.onnet.time_limit': { minimum: { message: 'Value must be at least 5', target: 5, value: 2 } },
        'call_recording.account.inbound.here': { additionalProperties: strict },
      },
    ]);
    expect(await written('PATCH', '/users/joe', { call_recording: { account: {} } })).toEqual([
      400,
      { 'call_recording.account': { additionalProperties: strict } },
    ]);
    expect(await shown('')).not.toHaveProperty('call_recording');
  });

  it('another account is forbidden', async () => {
    const other = `/kazoo/v2/accounts/${'0'.repeat(32)}/users/jane`;
    const answer: Answer = await gateway.ask('GET', other, { key: null, headers: { 'x-auth-token': client.token } });
    expect(answer.status).toBe(403);
  });
});

it('the own API refuses settings that the contract does not know, naming the path', async () => {
  const callRecording = JSON.stringify({ account: { inbound: { onnet: { time_limit: 2 } } } });
  const answer = await gateway.ask('PATCH', `/v1/applications/${applicationId}`, { body: { settings: { callRecording } } });
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('settings.callRecording.account.inbound.onnet.time_limit')]);
});
