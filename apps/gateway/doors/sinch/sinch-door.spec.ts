import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CALLBACK, KEY, refusal, SinchDoorUnderTest, SVAML } from './testing/sinch-door-under-test.js';

let door: SinchDoorUnderTest;
const ask: SinchDoorUnderTest['ask'] = (...request) => door.ask(...request);
const placeCall: SinchDoorUnderTest['placeCall'] = (...call) => door.placeCall(...call);

beforeAll(async () => {
  door = await SinchDoorUnderTest.start();
});

afterAll(() => door.stop());

async function joins(callRef: string, conferenceId: string): Promise<void> {
  const { calls } = door.gateway.runtime.ports.ledger;
  const call = await calls.get(callRef);
  if (call === null) throw new Error('no call');
  await calls.save({ ...call, conference: { conferenceId, joinedAt: new Date().toISOString(), muted: false } });
}

describe('calls (contract §3)', () => {
  it.each([
    '/sinch/calling/v1/calls/id/known',
    '/sinch/calling/v1/call/id/known',
    '/sinch/v1/calls/id/known',
    '/sinch/calling/v1/calls/id/known/',
    '//sinch//calling/v1/calls/id/known',
  ])('are shown at %s', async (path) => {
    if (path === '/sinch/calling/v1/calls/id/known') await placeCall('known', { vendor: { custom: 'text' } });
    const { status, body } = await ask('GET', path);
    expect([status, body]).toEqual([
      200,
      {
        from: { type: 'Number', endpoint: '+12015555555' },
        to: { type: 'Number', endpoint: '+12017777777' },
        domain: 'pstn',
        callId: 'known',
        duration: expect.any(Number),
        status: 'ONGOING',
        result: 'ANSWERED',
        reason: 'N/A',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        custom: 'text',
        userRate: { currencyId: 'USD', amount: 0 },
        debit: { currencyId: 'USD', amount: 0 },
      },
    ]);
  });

  it.each([
    ['/sinch/calling/v1/calls/id/managed', SVAML],
    ['/sinch/v1/calls/id/managed', '{"action":{"name":"stopRecording"}}'],
    ['/sinch/calling/v1/calls/id/managed/leg/callee', SVAML],
    ['/sinch/calling/v1/calls/id/managed/leg/BOTH', '{"instructions":[]}'],
  ])('are managed at %s: 204 and nothing else', async (path, body) => {
    if (path.startsWith('/sinch/calling/v1/calls/id/managed') && !path.includes('leg')) await placeCall('managed');
    const answer = await ask('PATCH', path, { body });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(door.node.commands.at(-1)).toMatchObject({ name: 'instruct', data: { role: 'manage' } });
  });

  it.each([
    ['{', 40003],
    ['', 40003],
    ['[]', 40003],
    ['{"action":{"name":"fly"}}', 40001],
    ['{"instructions":[{"name":"startRecording","options":{"destinationUrl":"ftp://x"}}]}', 40001],
    ['{"instructions":[{"name":"startRecording"}]}', 40002],
    ['{"instructions":[{"name":"startRecording","options":{"destinationUrl":"s3://b"}}]}', 40002],
  ])('refuse the SVAML %s with %i, and nothing is started', async (body, errorCode) => {
    const before = door.node.commands.length;
    const answer = await ask('PATCH', '/sinch/calling/v1/calls/id/managed', { body });
    expect([answer.status, answer.body]).toEqual([400, refusal(errorCode)]);
    expect(door.node.commands).toHaveLength(before);
  });

  it('refuse a leg that there is not, and calls that are unknown or over', async () => {
    const leg = await ask('PATCH', '/sinch/calling/v1/calls/id/managed/leg/third', { body: SVAML });
    expect(leg.body).toEqual(refusal(40001));
    const callRef = await placeCall('over');
    await door.gateway.ask('DELETE', `/v1/calls/${callRef}`);
    for (const callId of ['over', 'never-was']) {
      const answer = await ask('PATCH', `/sinch/calling/v1/calls/id/${callId}`, { body: SVAML });
      expect([answer.status, answer.body]).toEqual([404, refusal(40400)]);
    }
    expect(await ask('GET', '/sinch/calling/v1/calls/id/over')).toMatchObject({
      status: 200,
      body: { status: 'FINAL', result: 'ANSWERED', reason: 'MANAGERHANGUP' },
    });
  });
});

describe('callouts (contract §3)', () => {
  const ice = JSON.stringify({
    instructions: [
      {
        name: 'startRecording',
        options: { destinationUrl: 's3://b/', credentials: 'CANARYKEY:CANARYSECRET:eu-central-1' },
      },
    ],
    action: { name: 'connectPstn', number: '+46700000000' },
  });

  it.each(['/sinch/calling/v1/callouts', '/sinch/v1/callouts'])('are made at %s', async (path) => {
    const body = JSON.stringify({ method: 'customCallout', customCallout: { custom: 'mine', ice } });
    const headers = { 'X-CB-Session': 's-1', 'X-CB-Far-Too-Long-A-Name-For-This-Purpose': 'x' };
    const { status, body: made } = await ask('POST', path, { body, headers });
    expect([status, made]).toEqual([200, { callId: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
    const { callId } = made as { callId: string };
    expect(door.node.commands.at(-1)).toMatchObject({
      name: 'openCall',
      data: {
        answered: false,
        answerOnMedia: true,
        beginWhen: 'now',
        begin: { kind: 'document', role: 'ice' },
        identity: {
          callId,
          to: '+46700000000',
          direction: 'inbound',
          vendor: { custom: 'mine', callbackHeaders: { 'X-CB-Session': 's-1' } },
        },
      },
    });
    expect(await ask('GET', `/sinch/calling/v1/calls/id/${callId}`)).toMatchObject({ status: 200, body: { callId } });
  });

  it('begin with what they are for once they are answered', async () => {
    const ttsCallout = { destination: { type: 'number', endpoint: '+46700000000' }, text: 'Hello' };
    const body = JSON.stringify({ method: 'ttsCallout', ttsCallout });
    expect(await ask('POST', '/sinch/calling/v1/callouts', { body })).toMatchObject({ status: 200 });
    expect(door.node.commands.at(-1)).toMatchObject({ data: { beginWhen: 'answered', ringMs: 60_000 } });
  });

  it.each([
    ['{', 40003],
    ['{}', 40002],
    ['{"method":"ttsCallout","ttsCallout":{"text":"x"}}', 40002],
    ['{"method":"smsCallout","smsCallout":{}}', 40001],
    [JSON.stringify({ method: 'customCallout', customCallout: { ice: '{"action":{"name":"fly"}}' } }), 40001],
    [JSON.stringify({ method: 'customCallout', customCallout: { ice: '{' } }), 40003],
  ])('refuse %s with %i before anything rings', async (body, errorCode) => {
    const before = door.node.commands.length;
    expect((await ask('POST', '/sinch/calling/v1/callouts', { body })).body).toEqual(refusal(errorCode));
    expect(door.node.commands).toHaveLength(before);
  });

  it('leave no credential of their SVAML behind', async () => {
    expect(await door.gateway.everythingWritten()).not.toMatch(/CANARY(KEY|SECRET)/);
  });
});

describe('conferences (contract §3)', () => {
  const conferenceId = 'my conf/é';
  const path = '/sinch/calling/v1/conferences/id/my%20conf/%C3%A9';
  const signed = `/calling/v1/conferences/id/${conferenceId}`;

  beforeAll(async () => {
    await joins(await placeCall('first'), conferenceId);
    await joins(await placeCall('second', { from: '+13' }), conferenceId);
  });

  it('list who is in them, also when their ids hold slashes', async () => {
    const participant = { duration: expect.any(Number), muted: false, onhold: false };
    expect((await ask('GET', path, { signed })).body).toEqual({
      participants: [
        { cli: '12015555555', id: 'first', ...participant },
        { cli: '13', id: 'second', ...participant },
      ],
    });
  });

  it.each([
    ['mute', { action: 'mute' }],
    ['unmute', { action: 'unmute' }],
    ['onHold', { action: 'hold', music: 'music1' }],
    ['resume', { action: 'resume' }],
  ])('steer one participant: %s', async (command, data) => {
    const body = JSON.stringify({ command, moh: 'music1' });
    const answer = await ask('PATCH', `${path}/second`, { body });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(door.node.commands.at(-1)).toMatchObject({ name: 'participant', data });
  });

  it('remove one participant, or all', async () => {
    const before = door.node.commands.length;
    expect(await ask('DELETE', `${path}/second`)).toMatchObject({ status: 204, text: '' });
    expect(door.node.commands.slice(before)).toMatchObject([{ name: 'participant', data: { action: 'remove' } }]);
    expect(await ask('DELETE', path)).toMatchObject({ status: 204, text: '' });
    expect(door.node.commands.slice(before)).toHaveLength(3);
  });

  it.each([
    ['GET', '/sinch/calling/v1/conferences/id/nobody-there', '', 404, 40400],
    ['DELETE', '/sinch/calling/v1/conferences/id/nobody-there', '', 404, 40400],
    ['DELETE', '/sinch/calling/v1/conferences/id/nobody/first', '', 404, 40400],
    ['PATCH', `${path}/third`, '{"command":"mute"}', 404, 40400],
    ['PATCH', `${path}/first`, '{"command":"dance"}', 400, 40001],
    ['PATCH', `${path}/first`, '{}', 400, 40002],
    ['PATCH', `${path}/first`, '{', 400, 40003],
    ['GET', '/sinch/calling/v1/conferences/id/%ff', '', 400, 40003],
  ])('%s %s %s → %i %i', async (method, to, body, status, errorCode) => {
    const answer = await ask(method, to, { body });
    expect([answer.status, answer.body]).toEqual([status, refusal(errorCode)]);
  });
});

describe('callback URLs (contract §3)', () => {
  const path = `/sinch/v1/configuration/callbacks/applications/${KEY}`;

  it('are shown and changed; what is not named stays', async () => {
    expect(await ask('GET', path)).toMatchObject({ status: 200, body: { url: { primary: CALLBACK } } });
    const fallback = 'https://backup.example.com/sinch';
    const changed = await ask('POST', path, { body: JSON.stringify({ url: { fallback } }) });
    expect([changed.status, changed.text]).toEqual([200, '']);
    expect((await ask('GET', path.toLowerCase())).body).toEqual({ url: { primary: CALLBACK, fallback } });
    await ask('POST', path, { body: '{"url":{"fallback":""}}' });
    expect((await ask('GET', path)).body).toEqual({ url: { primary: CALLBACK } });
  });

  it.each([
    ['{}', 40002],
    ['{', 40003],
    ['{"url":{"primary":"ftp://x"}}', 40001],
    ['{"url":{"primary":5}}', 40001],
  ])('refuse %s with %i', async (body, errorCode) => {
    expect((await ask('POST', path, { body })).body).toEqual(refusal(errorCode));
  });

  it("are one's own", async () => {
    for (const method of ['GET', 'POST']) {
      const body = method === 'GET' ? '' : '{"url":{"primary":"https://x.example"}}';
      const answer = await ask(method, '/sinch/v1/configuration/callbacks/applications/other', { body });
      expect([answer.status, answer.body]).toEqual([404, refusal(40400)]);
    }
  });
});

it('has every route in OpenAPI', async () => {
  const { paths } = (await door.gateway.ask('GET', '/docs-json')).json() as unknown as {
    paths: Record<string, Record<string, { tags: string[]; security: object[] }>>;
  };
  const own = Object.entries(paths).filter(([path]) => path.startsWith('/sinch/'));
  expect(own.flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))).toEqual(
    expect.arrayContaining([
      'get /sinch/calling/v1/calls/id/{callId}',
      'patch /sinch/calling/v1/calls/id/{callId}',
      'patch /sinch/calling/v1/calls/id/{callId}/leg/{callLeg}',
      'post /sinch/calling/v1/callouts',
      'get /sinch/v1/configuration/callbacks/applications/{applicationKey}',
      'post /sinch/v1/configuration/callbacks/applications/{applicationKey}',
      expect.stringMatching(/^get \/sinch\/calling\/v1\/conferences\/id\/.*conferenceId/),
    ]),
  );
  for (const [, methods] of own)
    for (const { tags, security } of Object.values(methods))
      expect([tags, security]).toEqual([['sinch door'], [{ basic: [] }]]);
});
