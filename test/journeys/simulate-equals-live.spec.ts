import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { startStrictS3 } from '../../libs/storage/testing/index.js';
import type { VendorName } from '#libs/recording-model';
import { SAMPLE_APPLICATION_KEY, SAMPLE_APPLICATION_SECRET } from '../../examples/sinch-app/index.js';
import {
  CALLEE_NUMBER,
  CALLER_NUMBER,
  Journeys,
  mask,
  runSimulation,
  sequence,
  silence,
  tone,
  until,
  type JourneyCall,
  type LiveGateway,
  type SimulatedLine,
  type SimulatedRequest,
  type VendorApp,
  flexmlApplicationWith,
} from './support/index.js';

const journeys = new Journeys();

/** One example document and what happens on its call. */
interface Scenario {
  readonly vendor: VendorName;
  /** Below `libs/vendor-adapters` or `examples`. */
  readonly file: string;
  readonly role?: string;
  /** Put around the example, where it is only a part of a document. */
  readonly wrap?: (text: string) => string;
  readonly answers?: Readonly<Record<string, string>>;
  readonly settings?: (app: string) => Readonly<Record<string, string>>;
  /** Keys of the S3 server the document names. */
  readonly s3?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly bucket: string };
  /** Nobody says a word. */
  readonly silent?: boolean;
  readonly key?: string;
  readonly hangupBy?: 'caller' | 'callee';
  readonly bridged?: boolean;
  /** How long prompts before the recording take in the simulation, with some room, ms. */
  readonly leadMs?: number;
  readonly conferenceId?: string;
  /** The FlexML container that the document names. */
  readonly container?: string;
}

const END_OF_FLEXML = '<Response><Pause length="1"/><Hangup/></Response>';
const END_OF_ACULAB = '{"actions":[{"sleep":{"seconds":1}},{"hang_up":{}}]}';
const aculabPages = (app: string) => ({
  finalPage: `${app}/final`,
  errorPage: `${app}/error`,
  firstPage: `${app}/first`,
});
const hooks = (app: string) => ({
  accountId: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5',
  urlBlacklist: '',
  webhooks: JSON.stringify([
    { name: 'r', hook: 'object', uri: `${app}/hook`, format: 'json', custom_data: { type: 'all', action: 'all' } },
  ]),
});
const sinch = (app: string) => ({
  applicationKey: SAMPLE_APPLICATION_KEY,
  applicationSecret: SAMPLE_APPLICATION_SECRET,
  callbackUrl: `${app}/cb`,
});

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'FlexML §2.4, voicemail ended by #': {
    vendor: 'flexml',
    file: 'libs/vendor-adapters/flexml/fixtures/voicemail.xml',
    key: '#',
    answers: { '/vm/next/42': END_OF_FLEXML },
    container: '8d53344a-f312-40f8-93f5-bfba3f790b63',
  },
  'FlexML §2.4, session to S3, hung up by the callee': {
    vendor: 'flexml',
    file: 'libs/vendor-adapters/flexml/fixtures/session-aws.xml',
    s3: { accessKeyId: '_AWS_ACCESS_KEY_', secretAccessKey: '_AWS_SECRET_ACCESS_KEY_', bucket: 'calls' },
    hangupBy: 'callee',
    leadMs: 0,
  },
  'FlexML §7 scenario 1, hung up by the caller': {
    vendor: 'flexml',
    file: 'libs/vendor-adapters/flexml/fixtures/scenario-1-voicemail.xml',
    hangupBy: 'caller',
    leadMs: 5500,
    settings: (app) => ({ statusCallbackUrl: `${app}/ended` }),
  },
  'FlexML §7 scenario 6, nobody speaks': {
    vendor: 'flexml',
    file: 'libs/vendor-adapters/flexml/fixtures/scenario-6-empty.xml',
    silent: true,
    leadMs: 0,
    answers: { '/start': END_OF_FLEXML },
  },
  'FlexML, the document of the sample application': {
    vendor: 'flexml',
    file: 'examples/flexml-app/voicemail.xml',
    key: '#',
    leadMs: 1000,
    answers: { '/action': END_OF_FLEXML },
  },
  'Kazoo §1.1, the stored callflow': {
    vendor: 'kazoo',
    file: 'examples/kazoo-app/stored-callflow.json',
    role: 'saved',
    hangupBy: 'caller',
    leadMs: 0,
    settings: hooks,
  },
  'Kazoo, the node of the sample application': {
    vendor: 'kazoo',
    file: 'examples/kazoo-app/callflow.json',
    hangupBy: 'callee',
    leadMs: 0,
    settings: hooks,
  },
  'Kazoo §1.3, record_caller ended by a key': {
    vendor: 'kazoo',
    file: 'libs/vendor-adapters/kazoo/fixtures/record-caller.callflow',
    key: '5',
    leadMs: 0,
    settings: hooks,
  },
  'Aculab §1.7, voicemail ended by #': {
    vendor: 'aculab',
    file: 'libs/vendor-adapters/aculab/fixtures/voicemail.json',
    key: '#',
    answers: { '/recorded': END_OF_ACULAB },
    settings: aculabPages,
    leadMs: 2000,
  },
  'Aculab §2, minimal form, hung up': {
    vendor: 'aculab',
    file: 'libs/vendor-adapters/aculab/fixtures/record-minimal.json',
    wrap: (text) => `{"actions":[${text}]}`,
    hangupBy: 'caller',
    answers: { '/my_record_handler_page': END_OF_ACULAB },
    settings: aculabPages,
    leadMs: 0,
  },
  'Aculab §2, full form ended by 1': {
    vendor: 'aculab',
    file: 'libs/vendor-adapters/aculab/fixtures/record-full.json',
    wrap: (text) => `{"token":"t","actions":[${text}]}`,
    key: '1',
    answers: { '/recorded': END_OF_ACULAB },
    settings: aculabPages,
    leadMs: 1000,
  },
  'Sinch §2, startRecording to S3': {
    vendor: 'sinch',
    file: 'libs/vendor-adapters/sinch/fixtures/instruction-s3.json',
    role: 'ice',
    s3: { accessKeyId: 'KEY', secretAccessKey: 'SECRET', bucket: 'sinch-storage' },
    hangupBy: 'callee',
    leadMs: 0,
    settings: sinch,
  },
  'Sinch §2.5, recordingOptions on connectPstn': {
    vendor: 'sinch',
    file: 'libs/vendor-adapters/sinch/fixtures/action-s3.json',
    role: 'ice',
    s3: { accessKeyId: 'KEY', secretAccessKey: 'SECRET', bucket: 'sinch-storage' },
    bridged: true,
    hangupBy: 'caller',
    leadMs: 0,
    settings: sinch,
  },
  'Sinch §3.1, Manage Call': {
    vendor: 'sinch',
    file: 'libs/vendor-adapters/sinch/fixtures/manage-instruction.json',
    role: 'manage',
    s3: { accessKeyId: 'A', secretAccessKey: 'S', bucket: 'calls' },
    hangupBy: 'callee',
    leadMs: 0,
    settings: sinch,
  },
};

/** What the examples leave open: names that no store would take, and the address of the application (null). */
const PLACEHOLDERS: readonly (readonly [RegExp, string | null])[] = [
  [/https:\/\/(app|rec)\.example\.(com|net)/g, null],
  [/aws_region/g, 'eu-central-1'],
  [/_AWS_BUCKET_NAME_/g, 'calls'],
  [/s3:\/\/b\//g, 's3://calls/'],
];

/** Said from the beginning of the recording on; the key comes after it, the hang-up after the key. */
const CALLER = sequence(silence(900), tone(600, 600), silence(500), tone(800, 300));
const CALLEE = sequence(silence(1700), tone(1400, 200), silence(400));
const KEY_AT_MS = 2500;
const HANGUP_AT_MS = 2900;

interface Outcome {
  readonly specs: readonly unknown[];
  /** Names and reasons, by recording. */
  readonly events: readonly string[];
  readonly flow: readonly string[];
  readonly notifications: readonly string[];
  readonly uploads: readonly string[];
}

interface Run {
  readonly scenario: Scenario;
  readonly document: string;
  readonly app: VendorApp;
  readonly settings: Readonly<Record<string, string>>;
  readonly call: {
    readonly callId: string;
    readonly from: string;
    readonly to: string;
    readonly conferenceId?: string;
  };
}

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  journeys.it(name, async (gateway) => {
    const run = await prepare(gateway, scenario);
    const call = await liveCall(gateway, run);
    const live = await liveOutcome(call, run, simulatedOutcome(await simulated(run), run));
    expect(live.live).toEqual(live.simulated);
    expect(live.live.specs.length).toBeGreaterThan(0);
  });
}

async function prepare(gateway: LiveGateway, scenario: Scenario): Promise<Run> {
  const { answers = {}, s3, settings, wrap = (text) => text } = scenario;
  const app = await gateway.app(answers);
  const store =
    s3 === undefined
      ? null
      : await gateway.with(
          startStrictS3({ accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey, buckets: [s3.bucket] }),
        );
  const example = wrap(readFileSync(new URL(`../../${scenario.file}`, import.meta.url), 'utf8'));
  const document = PLACEHOLDERS.reduce((text, [pattern, value]) => text.replace(pattern, value ?? app.url), example);
  return {
    scenario,
    document,
    app,
    settings: { ...settings?.(app.url), ...(store === null ? {} : { s3Endpoint: store.url }) },
    call: { callId: '04f01fb92e8913a8.62100.1', from: CALLER_NUMBER, to: CALLEE_NUMBER },
  };
}

async function liveCall(
  gateway: LiveGateway,
  { scenario, document, app, settings, call: identity }: Run,
): Promise<JourneyCall> {
  const { vendor, container } = scenario;
  const application = container === undefined ? {} : { applicationId: await flexmlApplicationWith(gateway, settings, container) };
  const call = await gateway.place({ vendor, settings, call: identity, fetchDocument: false, ...application });
  await gateway.api.instruct(call.callRef, { document, role: scenario.role ?? 'flow', url: `${app.url}/doc` });
  if (scenario.bridged === true) await call.event({ type: 'bridged' });
  await until('the recording begins', async () =>
    ['armed', 'capturing', 'absent'].includes((await call.recordings())[0]?.state ?? ''),
  );
  if (scenario.silent !== true) {
    const { key } = scenario;
    call.caller.say(sequence(CALLER, silence(KEY_AT_MS - (CALLER.length * 1000) / 8000)));
    call.callee.say(CALLEE);
    if (key !== undefined) call.caller.press(key);
    call.caller.say(silence(HANGUP_AT_MS - KEY_AT_MS));
    await call.said();
  }
  if (scenario.hangupBy !== undefined) await call.hangup(scenario.hangupBy);
  await call.ended();
  return call;
}

function simulated({ scenario, document, app, settings, call }: Run): Promise<readonly SimulatedLine[]> {
  const { leadMs = 3000, key, silent = false, answers = {}, hangupBy, bridged = false } = scenario;
  const spoken = (words: Int16Array) => (silent ? silence(leadMs + 200) : sequence(silence(leadMs), words));
  return runSimulation({
    vendor: scenario.vendor,
    document,
    role: scenario.role ?? 'flow',
    documentUrl: `${app.url}/doc`,
    answers: Object.fromEntries(Object.entries(answers).map(([path, text]) => [app.url + path, text])),
    settings,
    call,
    caller: spoken(CALLER),
    callee: spoken(CALLEE),
    keys: key === undefined ? '' : `${(leadMs + KEY_AT_MS) / 1000}:${key}`,
    bridgeAtMs: bridged ? 0 : null,
    hangup: hangupBy === undefined ? null : { atMs: leadMs + HANGUP_AT_MS, by: hangupBy },
  });
}

const shown = (callId: string, method: string, url: string, body: string | null): string =>
  mask(`${method} ${url}\n${body ?? ''}`, callId);

/** Notifications by their purpose: those of different subscriptions overtake each other. */
const isNotification = (purpose: string): boolean =>
  [
    'recordingStatusCallback',
    'callbackUrl',
    'transcribeCallback',
    'webhook',
    'recording_available_page',
    'notify',
  ].includes(purpose);

function simulatedOutcome(lines: readonly SimulatedLine[], { call: { callId } }: Run): Outcome {
  const requests = lines.filter((line): line is SimulatedRequest => line.type === 'request');
  const texts = (wanted: (request: SimulatedRequest) => boolean, withPurpose: boolean) =>
    requests
      .filter(wanted)
      .map(({ purpose, method, url, body }) => (withPurpose ? `${purpose}: ` : '') + shown(callId, method, url, body));
  return {
    specs: lines.flatMap((line) => (line.type === 'spec' ? [line.spec] : [])),
    events: lines.flatMap((line) =>
      line.type === 'event' ? [`${line.recording} ${line.event} ${line.capture?.reason ?? ''}`] : [],
    ),
    flow: texts(({ purpose }) => purpose !== 'upload' && !isNotification(purpose), false),
    notifications: byPurpose(texts(({ purpose }) => isNotification(purpose), true)),
    uploads: texts(({ purpose }) => purpose === 'upload', false),
  };
}

/** Waits until live as much has come as in the simulation, or more; then both are compared. */
async function liveOutcome(
  call: JourneyCall,
  run: Run,
  expected: Outcome,
): Promise<{ live: Outcome; simulated: Outcome }> {
  const count = ({ flow, notifications, uploads, events }: Outcome) =>
    flow.length + notifications.length + uploads.length + events.length;
  let live = await lookAt(call, run);
  const patience = Date.now() + 10_000;
  while (count(live) < count(expected) && Date.now() < patience) live = await lookAt(call, run);
  return { live, simulated: expected };
}

async function lookAt(call: JourneyCall, { app, call: { callId } }: Run): Promise<Outcome> {
  const recordings = await call.recordings();
  const deliveries = new Map(
    (await Promise.all(recordings.map(({ id }) => call.api.deliveries(id))))
      .flat()
      .map((delivery) => [delivery.id, delivery.purpose]),
  );
  const events = await Promise.all(
    recordings.map(async ({ id }, index) =>
      (await call.api.events(id)).map(({ name, capture }) => `${index + 1} ${name} ${capture?.reason ?? ''}`),
    ),
  );
  const requests = app.received.map((request) => {
    const purpose =
      deliveries.get(request.headers['webhook-id'] ?? '') ?? (request.path.startsWith('/kzr') ? 'upload' : 'flow');
    const body = purpose === 'upload' ? null : request.text;
    return { purpose, text: shown(callId, request.method, app.url + request.url, body) };
  });
  const texts = (wanted: string) => requests.filter(({ purpose }) => purpose === wanted).map(({ text }) => text);
  const elsewhere = recordings.flatMap(({ receipt, spec }) =>
    receipt === null || spec.destination.kind !== 's3' ? [] : [shown(callId, 'PUT', receipt.location, null)],
  );
  return {
    specs: recordings.map(({ spec }) => spec),
    events: events.flat(),
    flow: texts('flow'),
    notifications: byPurpose(
      requests.filter(({ purpose }) => isNotification(purpose)).map(({ purpose, text }) => `${purpose}: ${text}`),
    ),
    uploads: [...texts('upload'), ...elsewhere],
  };
}

/** Stable: what has one purpose keeps its order. */
function byPurpose(texts: readonly string[]): readonly string[] {
  const purposeOf = (text: string) => text.slice(0, text.indexOf(':'));
  return texts.toSorted((a, b) => purposeOf(a).localeCompare(purposeOf(b)));
}
