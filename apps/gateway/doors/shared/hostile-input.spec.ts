import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VENDOR_NAMES, type VendorName } from '#libs/recording-model';
import { CommandServer } from '../../testing/command-server.js';
import { CALL } from '../../testing/file-recordings.js';
import { ALPHA_KEY, GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { DoorAsker, doorRoutes, doorSettings, type DoorRequest, type DoorRoute } from '../testing/door-askers.js';

let gateway: GatewayUnderTest;
let node: Awaited<ReturnType<typeof CommandServer.start>>;
let asker: DoorAsker;
let routes: readonly DoorRoute[];
const unhandled: unknown[] = [];
const note = (reason: unknown): number => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  gateway = await GatewayUnderTest.start();
  node = await CommandServer.start(gateway.runtime);
  asker = await DoorAsker.of(gateway, 'alpha', ALPHA_KEY);
  routes = await doorRoutes(gateway);
  const applications = (await gateway.ask('GET', '/v1/applications')).json()['items'] as unknown as { id: string }[];
  for (const { id } of applications) {
    const legs = { caller: { transport: 'rtp', codec: 'PCMU' } };
    await gateway.ask('POST', '/v1/calls', { body: { applicationId: id, call: CALL, legs } });
  }
});

afterAll(async () => {
  await node.close();
  await gateway.stop();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

const ACCOUNT = doorSettings('alpha').kazoo['accountId'] ?? '';
const KEY = doorSettings('alpha').sinch['applicationKey'] ?? '';

/** The path with what stands there for each of its places. */
function pathOf({ path }: DoorRoute, id: string = CALL.callId): string {
  return path
    .replace('{accountId}', ACCOUNT)
    .replace('{applicationKey}', KEY)
    .replace(/\{\w+\}/g, encodeURIComponent(id));
}

const withBody = (vendor: VendorName): DoorRoute[] =>
  routes.filter((route) => route.vendor === vendor && ['POST', 'PUT', 'PATCH'].includes(route.method));

async function survives(vendor: VendorName, sent: DoorRequest): Promise<number> {
  const { status, text } = await asker.send(vendor, sent);
  const what = { ...sent, body: String(sent.body ?? '').slice(0, 200) };
  if (status >= 500 || status < 200) throw new Error(`${status} ${text.slice(0, 500)} to ${JSON.stringify(what)}`);
  return status;
}

const LIMIT = 1_048_576;
const FORM = 'application/x-www-form-urlencoded';
const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

const BODIES: readonly (readonly [string, string | Buffer, string?])[] = [
  ['nothing', ''],
  ['null', 'null'],
  ['a text', '"x"'],
  ['a list', '[[],{},null]'],
  ['a number beyond all bounds', '{"data":1e999,"from":1e999,"settings":-1e999}'],
  ['lists in lists', nested(100_000, '[', ']')],
  ['objects in objects', `${'{"data":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['objects in data', `{"data":${'{"flow":'.repeat(5_000)}{}${'}'.repeat(5_000)}}`],
  [
    '__proto__',
    '{"__proto__":{"polluted":1},"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
  ],
  [
    'names of methods',
    '{"toString":1,"hasOwnProperty":null,"data":{"toString":1,"valueOf":{},"hasOwnProperty":null,"then":1}}',
  ],
  ['members twice', '{"data":{"name":"a","name":{}},"data":[],"name":1,"name":"b"}'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x22, 0x3a, 0xed, 0xa0, 0x80, 0x7d])],
  ['half a surrogate', '{"data":{"name":"\\ud800"},"name":"\\udfff"}'],
  [
    'control characters',
    '{"data":{"name":"a\\u0000b\\r\\nX-Evil: 1"},"name":"\\u0000\\r\\nX-Evil: 1","phonenumber":"\\u0000"}',
  ],
  ['JSON as a form', '{"data":{}}', FORM],
  ['a form', `${'a=1&'.repeat(20_000)}filename=%00&filetype=%FF%FE&data=%E0%A4`, FORM],
  ['broken percent signs', '%=%&%zz=%E0%A4%A&filename=..%2F..%2Fetc%2Fpasswd', FORM],
  ['XML', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'application/xml'],
  ['a type that is none', '{}', ';;;=,'],
  ['a character set that is none', '{"data":{}}', 'application/json; charset=klingon'],
  ['multipart without boundary', 'x', 'multipart/form-data'],
  [
    'multipart that never ends',
    '--b\r\nContent-Disposition: form-data; name="file"; filename="../../x"\r\n\r\nabc',
    'multipart/form-data; boundary=b',
  ],
  ['a file', Buffer.alloc(64), 'application/octet-stream'],
];

describe.each(VENDOR_NAMES)('every route of %s that takes a body', (vendor) => {
  it.each(BODIES)('answers to %s', async (_what, body, contentType = 'application/json') => {
    for (const route of withBody(vendor)) {
      await survives(vendor, { method: route.method, path: pathOf(route), body, contentType });
    }
  });

  it('refuses a byte more than 1 MiB', async () => {
    const body = `{"data":"${'x'.repeat(LIMIT + 1)}"}`;
    for (const route of withBody(vendor)) {
      const status = await survives(vendor, { method: route.method, path: pathOf(route), body });
      expect([route, status]).toEqual([route, expect.any(Number)]);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });
});

const IDS = [
  '%00',
  '%0d%0aX-Evil:%201',
  '..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e',
  '%ff%fe',
  '%',
  '%zz',
  '__proto__',
  'constructor',
  'a'.repeat(8_000),
  '%F0%9F%98%80',
  '*',
  '{sid}',
  '%5c..%5c',
  ' '.trim() || '%20',
];
const QUERIES = [
  'limit=1e999&offset=-1&page_size=99999999999999999999&start_key=%00&page=NaN',
  'limit=99999999999999999999&offset=99999999999999999999&page_size=-1&created_from=99999999999999999999&created_to=-1',
  'limit=0x10&offset=1.5&page_size=&paginate=maybe&filter_name=__proto__&order=__proto__',
  'filter=name%20eq%20%22%00%22&fields=__proto__,%00&sort=%0d%0a&__proto__=1&constructor[prototype]=1',
  'filename=..%2F..%2F..%2Fetc%2Fpasswd&filetype=media&prefix=%00&auth_token=%0d%0a',
  'filename=%2Fetc%2Fpasswd&filetype=media&new_filename=..%2Fx&application_instance_id=%00',
  'filename=a%00.wav&filetype=__proto__&file_type=media&%=%&&&=',
  `q=${'x'.repeat(7_000)}`,
];

describe.each(VENDOR_NAMES)('every route of %s', (vendor) => {
  it('answers to whatever stands in its path', async () => {
    for (const route of routes.filter((each) => each.vendor === vendor && pathOf(each, 'x') !== pathOf(each, 'y'))) {
      for (const id of IDS) {
        const path = pathOf(route, 'PLACE').replaceAll('PLACE', id);
        const body = ['POST', 'PUT', 'PATCH'].includes(route.method) ? { body: '{"data":{}}' } : {};
        const answer = await asker.send(vendor, { method: route.method, path, ...body });
        expect([route.method, path, answer.status < 500, answer.headers['x-evil']]).toEqual([
          route.method,
          path,
          true,
          undefined,
        ]);
      }
    }
  });

  it('answers to whatever stands in its query', async () => {
    for (const route of routes.filter((each) => each.vendor === vendor && each.method !== 'DELETE')) {
      for (const query of QUERIES) await survives(vendor, { method: route.method, path: `${pathOf(route)}?${query}` });
    }
  });
});

describe('anything at all', () => {
  const MEMBERS = [
    'data',
    'name',
    'method',
    'flow',
    'numbers',
    'plan',
    'attachments',
    'uri',
    'hook',
    'url',
    'voice',
    'instructions',
    'action',
    'ttsCallout',
    'customCallout',
    'conferenceCallout',
    'destination',
    'ice',
    'quota_bytes',
    'lifecycle_ttl',
    'phonenumber',
    'to_did',
    'calling_did',
    'actions',
    'limits',
    'settings',
    'handler',
    'module',
    'children',
    'callback',
  ];
  const json = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 1 }), fc.string(), fc.double(), tie('object')),
    object: fc.dictionary(fc.constantFrom(...MEMBERS, '__proto__', ''), tie('value'), { maxKeys: 5 }),
  }));

  it('is answered without a fault of the gateway', async () => {
    const open = VENDOR_NAMES.flatMap((vendor) => withBody(vendor));
    await fc.assert(
      fc.asyncProperty(fc.nat(), json.object, async (index, body) => {
        const route = open[index % open.length];
        if (route === undefined) throw new Error('no routes');
        await survives(route.vendor, { method: route.method, path: pathOf(route), body: JSON.stringify(body) });
      }),
      { numRuns: 400, interruptAfterTimeLimit: 6_000 },
    );
  });

  it('leaves no trace in the prototypes, and the gateway well', async () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await gateway.ask('GET', '/v1/applications')).status).toBe(200);
    expect(unhandled).toEqual([]);
  });
});

describe('names that reach headers and the disk', () => {
  const CORE = '/carrierx/core/v2/storage';
  it.each([
    'a"\r\nX-Evil: 1.wav',
    '../../../etc/passwd',
    '..\\..\\x.wav',
    'ü😀.wav',
    '\u0000.wav',
    `${'n'.repeat(3_000)}.wav`,
    '.',
    '..',
    '/',
  ])('FlexML: a file called %j is refused or handed out harmlessly', async (name) => {
    const path = `${CORE}/files?name=${encodeURIComponent(name)}&file_access_name=${encodeURIComponent(name)}`;
    const made = await asker.send('flexml', {
      method: 'POST',
      path,
      body: 'RIFF',
      contentType: 'application/octet-stream',
    });
    expect([made.status < 500, made.headers['x-evil']]).toEqual([true, undefined]);
    if (made.status >= 300) return;
    const { file_sid: sid } = JSON.parse(made.text) as { file_sid: string };
    const got = await asker.send('flexml', { method: 'GET', path: `${CORE}/files/${sid}/data` });
    expect([got.status, got.text, got.headers['x-evil']]).toEqual([200, 'RIFF', undefined]);
    expect(String(got.headers['content-disposition'] ?? '')).not.toMatch(/[\r\n]/);
  });

  it.each([
    '../../../../tmp/recgate-outside.wav',
    '/../outside.wav',
    'a/../../outside.wav',
    '..',
    'a\u0000.wav',
    '\\..\\x.wav',
    'x'.repeat(5_000),
  ])('Aculab: a file called %j is refused', async (name) => {
    const filename = encodeURIComponent(name);
    for (const service of ['file_get', 'file_delete', 'file_move']) {
      const path = `/aculab/${service}?filetype=media&filename=${filename}&new_filename=${filename}`;
      const status = await survives('aculab', { method: 'GET', path });
      expect([service, status >= 400]).toEqual([service, true]);
    }
    const part = (field: string, text: string, more = ''): string =>
      `--b\r\nContent-Disposition: form-data; name="${field}"${more}\r\n\r\n${text}\r\n`;
    const body = `${part('filetype', 'media')}${part('filename', name)}${part('file', 'RIFF', '; filename="x"')}--b--\r\n`;
    const contentType = 'multipart/form-data; boundary=b';
    const status = await survives('aculab', { method: 'POST', path: '/aculab/file_write', body, contentType });
    expect(status).toBeGreaterThanOrEqual(400);
  });
});
