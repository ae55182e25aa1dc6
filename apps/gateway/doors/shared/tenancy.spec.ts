import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VENDOR_NAMES, type VendorName } from '#libs/recording-model';
import { toneWav } from '../../testing/audio.js';
import { CommandServer } from '../../testing/command-server.js';
import { CALL, FileRecordings } from '../../testing/file-recordings.js';
import { ALPHA_KEY, BETA_KEY, GatewayUnderTest, type Body } from '../../testing/gateway-under-test.js';
import { DoorAsker, doorRoutes, doorSettings, type DoorAnswer, type DoorRoute } from '../testing/door-askers.js';

let gateway: GatewayUnderTest;
let node: Awaited<ReturnType<typeof CommandServer.start>>;
let routes: readonly DoorRoute[];
let alpha: DoorAsker;
let beta: DoorAsker;
/** What tenant alpha has, by what stands for it in the paths of its door. */
let things: Readonly<Record<VendorName, Readonly<Record<string, readonly string[]>>>>;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ works: true });
  node = await CommandServer.start(gateway.runtime);
  alpha = await DoorAsker.of(gateway, 'alpha', ALPHA_KEY);
  beta = await DoorAsker.of(gateway, 'beta', BETA_KEY);
  routes = await doorRoutes(gateway);
  things = await makeThings();
}, 60_000);

afterAll(async () => {
  await node.close();
  await gateway.stop();
});

const ACCOUNT = doorSettings('alpha').kazoo['accountId'] ?? '';
const ACCOUNT_OF_BETA = doorSettings('beta').kazoo['accountId'] ?? '';
const KEY = doorSettings('alpha').sinch['applicationKey'] ?? '';

async function made(vendor: VendorName, method: string, path: string, body: object | string): Promise<Body> {
  const isFile = typeof body === 'string';
  const answer = await alpha.send(vendor, {
    method,
    path,
    body: isFile ? body : JSON.stringify(body),
    ...(isFile ? { contentType: 'application/octet-stream' } : {}),
  });
  if (answer.status > 299) throw new Error(`${path} ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Body;
}

/** A live call and a finished recording of each vendor, and everything that can be made at the doors. */
async function makeThings(): Promise<typeof things> {
  const applications = (await gateway.ask('GET', '/v1/applications')).json()['items'] as unknown as Body[];
  const idOf = (vendor: VendorName): string =>
    String(applications.find((each) => String(each['vendor']) === vendor)?.['id']);
  const recorder = new FileRecordings(gateway);
  const names = new Map<VendorName, Body>();
  for (const vendor of VENDOR_NAMES) {
    const body = {
      applicationId: idOf(vendor),
      call: { ...CALL, callId: `call-${vendor}` },
      legs: { caller: { transport: 'rtp', codec: 'PCMU' } },
    };
    const call = await gateway.ask('POST', '/v1/calls', { body });
    if (call.status !== 201) throw new Error(call.text);
    const recording = await recorder.available(idOf(vendor), {
      destination: { kind: 'media-store', container: null, file: null },
    });
    names.set(vendor, recording);
  }
  const core = '/carrierx/core/v2';
  const container = await made('flexml', 'POST', `${core}/storage/containers`, { name: 'of alpha' });
  const sid = String(container['container_sid']);
  const file = await made(
    'flexml',
    'POST',
    `${core}/storage/files?container_sid=${sid}&name=a.wav`,
    toneWav(1).toString('latin1'),
  );
  const did = await made('flexml', 'POST', '/carrierx/flexml/v1/dids', {
    phonenumber: '15165550111',
    url: 'https://a.example.com/',
  });
  const endpoints = await alpha.send('flexml', { method: 'GET', path: `${core}/endpoints` });
  const account = `/kazoo/v2/accounts/${ACCOUNT}`;
  const flow = { module: 'response', data: {}, children: {} };
  const callflow = await made('kazoo', 'PUT', `${account}/callflows`, { data: { numbers: ['+15165550100'], flow } });
  const hook = { name: 'n', uri: 'https://a.example.com/', hook: 'call_recording', http_verb: 'post' };
  const webhook = await made('kazoo', 'PUT', `${account}/webhooks`, { data: hook });
  return {
    flexml: {
      sid: [
        sid,
        ...sidsIn(JSON.stringify(file)),
        ...sidsIn(JSON.stringify(did)),
        ...sidsIn(endpoints.text),
        'call-flexml',
      ],
      container: [sid],
      name: ['a.wav', String(names.get('flexml')?.['names']?.['RecordingSid'])],
    },
    kazoo: {
      id: [
        String(callflow['data']?.['id']),
        String(webhook['data']?.['id']),
        'call-kazoo',
        String(names.get('kazoo')?.['names']?.['recordingId']),
      ],
    },
    aculab: {},
    sinch: {
      callId: ['call-sinch'],
      callLeg: ['caller'],
      conferenceId: ['call-sinch'],
      participant: ['call-sinch'],
      applicationKey: [KEY],
    },
  };
}

function sidsIn(text: string): string[] {
  return [...new Set(text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [])];
}

/** The path with what alpha has in its places; one path for each thing. */
function pathsOf({ vendor, path }: DoorRoute, account: string): { path: string; thing: string }[] {
  const rooted = path
    .replace('{accountId}', account)
    .replace('{callLeg}', 'caller')
    .replace('{container}', things.flexml['container']?.[0] ?? '');
  const [, name = ''] = /\{(\w+)\}/.exec(rooted) ?? [];
  if (name === '') return [{ path: rooted, thing: '' }];
  const own = things[vendor][name] ?? things[vendor]['id'] ?? [];
  return own.map((thing) => ({ path: rooted.replace(`{${name}}`, encodeURIComponent(thing)), thing }));
}

const REFUSALS = [400, 401, 403, 404, 405, 410];
const hasBody = (method: string): boolean => ['POST', 'PUT', 'PATCH'].includes(method);
const bodyFor = (vendor: VendorName): string => (vendor === 'kazoo' ? '{"data":{}}' : '{}');

const VENDOR_FORMS: Readonly<Record<VendorName, object>> = {
  flexml: { errors: expect.any(Array) },
  kazoo: { status: 'error', error: expect.any(String), data: expect.anything() },
  aculab: { error: expect.objectContaining({ code: expect.any(String), text: expect.any(String) }) },
  sinch: { errorCode: expect.any(Number), message: expect.any(String) },
};

/** An answer without what is new in every answer, and without the id that was asked for. */
function comparable({ status, headers, text }: DoorAnswer, thing: string): object {
  const plain = (
    thing === '' ? text : text.replaceAll(encodeURIComponent(thing), 'ID').replaceAll(thing, 'ID')
  ).replace(/"(request_id|reference|timestamp|auth_token|node)":"[^"]*"/g, '"$1":"…"');
  return { status, type: headers['content-type'], text: plain };
}

/** Of the same length and kind, but of nobody. */
function unlike(thing: string): string {
  return thing.replace(/[0-9a-z](?=[^0-9a-z]*$)/i, (last) => (last === '7' ? '8' : '7'));
}

async function snapshot(): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const route of routes.filter(({ method }) => method === 'GET')) {
    for (const { path } of pathsOf(route, ACCOUNT)) {
      const answer = await alpha.send(route.vendor, { method: 'GET', path });
      const text = answer.text
        .replace(/"(date_last_accessed|elapsed_s|revision|duration)":("[^"]*"|\d+)/g, '"$1":0')
        // A token that was asked for is new each time.
        .replace(/^"rgt\.[\w.-]+"$/, '"rgt"');
      if (answer.status < 300) seen.push([path, comparable({ ...answer, text }, '')]);
    }
  }
  return seen;
}

it('knows the routes of every door', () => {
  for (const vendor of VENDOR_NAMES)
    expect(routes.filter((route) => route.vendor === vendor).length).toBeGreaterThan(9);
});

describe.each(['nobody', 'wrong'] as const)('with the credentials of %s', (who) => {
  it.each(VENDOR_NAMES)('no route of %s answers anything but a refusal in its own form', async (vendor) => {
    const asker = who === 'nobody' ? DoorAsker.nobody(gateway) : DoorAsker.wrong(gateway, 'alpha');
    for (const route of routes.filter((each) => each.vendor === vendor)) {
      for (const { path } of pathsOf(route, ACCOUNT)) {
        const { method } = route;
        const answer = await asker.send(vendor, {
          method,
          path,
          ...(hasBody(method) ? { body: bodyFor(vendor) } : {}),
        });
        expect([method, path, REFUSALS.includes(answer.status) ? 'refused' : answer]).toEqual([
          method,
          path,
          'refused',
        ]);
        if (method !== 'HEAD')
          expect([path, JSON.parse(answer.text)]).toEqual([path, expect.objectContaining(VENDOR_FORMS[vendor])]);
      }
    }
  });
});

describe("with the credentials of another tenant's application", () => {
  it.each(VENDOR_NAMES)("%s: alpha's things are as if they were not there", async (vendor) => {
    for (const route of routes.filter((each) => each.vendor === vendor && each.path.includes('{'))) {
      for (const { path, thing } of pathsOf(route, ACCOUNT_OF_BETA)) {
        if (thing === '' || thing === 'caller') continue;
        const { method } = route;
        const body = hasBody(method) ? { body: bodyFor(vendor) } : {};
        const other = unlike(thing);
        const theirs = await beta.send(vendor, { method, path, ...body });
        const none = await beta.send(vendor, {
          method,
          path: path.replace(encodeURIComponent(thing), encodeURIComponent(other)),
          ...body,
        });
        expect([method, path, comparable(theirs, thing)]).toEqual([method, path, comparable(none, other)]);
      }
    }
  });

  it("Kazoo: alpha's account is as one that is not there", async () => {
    const other = unlike(ACCOUNT);
    for (const route of routes.filter((each) => each.path.includes('{accountId}'))) {
      for (const { path } of pathsOf(route, ACCOUNT)) {
        const { method } = route;
        const body = hasBody(method) ? { body: bodyFor('kazoo') } : {};
        const theirs = await beta.send('kazoo', { method, path, ...body });
        const none = await beta.send('kazoo', { method, path: path.replace(ACCOUNT, other), ...body });
        expect([method, path, theirs.status]).toEqual([method, path, 403]);
        expect([method, path, comparable(theirs, ACCOUNT)]).toEqual([method, path, comparable(none, other)]);
      }
    }
  });

  it("Aculab: alpha's files and runs are as if they were not there", async () => {
    const list = await alpha.send('aculab', { method: 'GET', path: '/aculab/file_list?filetype=media' });
    const [name = ''] = Object.keys(JSON.parse(list.text) as object);
    expect([list.status, name]).toEqual([200, expect.stringContaining('.wav')]);
    const questions = (file: string, run: string): string[] => [
      `file_list?filetype=media&filename=${encodeURIComponent(file)}`,
      `file_get?filetype=media&filename=${encodeURIComponent(file)}`,
      `file_delete?filetype=media&filename=${encodeURIComponent(file)}`,
      `file_move?filetype=media&filename=${encodeURIComponent(file)}&new_filename=mine.wav`,
      `application_status?application_instance_id=${run}`,
      `rest_interrupt?application_instance_id=${run}&action=hangup`,
    ];
    const theirs = questions(name, 'call-aculab');
    const none = questions(unlike(name), unlike('call-aculab'));
    for (const [index, question] of theirs.entries()) {
      const answers = [question, none[index] ?? ''].map((path) =>
        beta.send('aculab', { method: 'GET', path: `/aculab/${path}` }),
      );
      const [one, two] = await Promise.all(answers);
      if (one === undefined || two === undefined) throw new Error('no answer');
      const modulo = (answer: DoorAnswer, file: string, run: string): object => ({
        ...comparable(answer, file),
        text: answer.text.replaceAll(file, 'ID').replaceAll(run, 'ID'),
      });
      expect([question, modulo(one, name, 'call-aculab')]).toEqual([
        question,
        modulo(two, unlike(name), unlike('call-aculab')),
      ]);
    }
  });
});

it('whatever others tried, alpha still has all it had', async () => {
  const before = await snapshot();
  expect(before.length).toBeGreaterThan(15);
  for (const route of routes) {
    for (const account of [ACCOUNT, ACCOUNT_OF_BETA]) {
      for (const { path } of pathsOf(route, account)) {
        await beta.send(route.vendor, {
          method: route.method,
          path,
          ...(hasBody(route.method) ? { body: bodyFor(route.vendor) } : {}),
        });
      }
    }
  }
  expect(await snapshot()).toEqual(before);
});
