import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createFileCallMedia, createSpool, WavFile, type FileCallMedia } from '#libs/capture';
import { createInlineEncoder } from '#libs/encoding';
import { createMemoryLedger } from '#libs/ledger';
import { writeTone, writeWavHeader } from '#libs/media';
import { RecgateError, type FlowClient, type JsonObject, type PromptSource, type VendorName, type WireRequest } from '#libs/recording-model';
import { createDocumentSigner, createSecretVault, newMasterKey } from '#libs/secrets';
import { createObjectStores, MediaStore } from '#libs/storage';
import { createMetrics } from '#libs/telemetry';
import { SAMPLE_SPEC, seededIdSource } from '#libs/testing';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { createApplication } from '../applications.js';
import type { OrchestrationPorts } from '../ports.js';
import { CallRegistry } from './call-registry.js';
import { asJson, type InstructReply, type InterruptReply, type NodeCommandName, type OpenCall } from './node-protocol.js';

const RATE = 8000;
const LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** Every prompt is half a second of 500 Hz. */
const PROMPT_MS = 500;

let directory: string;
let audio: WavFile;
let ports: OrchestrationPorts;
const registries: CallRegistry[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recgate-live-calls-'));
  const samples = new Int16Array(60 * RATE);
  writeTone(samples, 0, samples.length, { frequencyHz: 400, sampleRate: RATE, amplitude: 8000, startSample: 0 });
  const header = writeWavHeader({ codec: 'pcm16', sampleRate: RATE, channels: 1, samples: samples.length });
  await writeFile(join(directory, 'caller.wav'), Buffer.concat([header, new Uint8Array(samples.buffer)]));
  audio = WavFile.open(join(directory, 'caller.wav'));
  const unused = () => Promise.reject(new Error('not part of this test'));
  ports = {
    ledger: createMemoryLedger(),
    work: { enqueueStage: unused, enqueueDelivery: unused },
    vault: createSecretVault({ ...newMasterKey(), previousKeys: [] }),
    clock: { now: () => new Date() },
    ids: seededIdSource(7),
    adapters: VENDOR_ADAPTERS,
    spools: createSpool({ directory: join(directory, 'spool'), durable: false }),
    encoder: createInlineEncoder(),
    stores: createObjectStores({ mediaStore: new MediaStore({ root: join(directory, 'media') }) }),
    sender: { send: unused, next: () => ({ kind: 'exhausted' }) },
    signer: createDocumentSigner(newMasterKey()),
    contentOf: () => {
      throw new Error('not part of this test');
    },
    settings: {
      storeManifests: false,
      renditionDirectory: join(directory, 'renditions'),
      peaksDirectory: join(directory, 'peaks'),
      keepRenditions: false,
      stuckAfterMs: 1000,
      retentionSeconds: null,
      transcriptionTimeoutMs: 60_000,
      attemptTimeoutMs: 1000,
    },
    log: LOG,
    metrics: createMetrics(),
  };
});

afterEach(async () => {
  await Promise.all(registries.splice(0).map((registry) => registry.stop(1000)));
});

afterAll(async () => {
  audio.close();
  await rm(directory, { recursive: true, force: true });
});

/** An application's answers by URL; what is not named does not answer. */
type Answers = Readonly<Record<string, string>>;

interface Placed {
  readonly registry: CallRegistry;
  readonly media: FileCallMedia;
  readonly callRef: string;
  readonly asked: readonly WireRequest[];
  readonly fetched: readonly string[];
  /** References of the calls whose media was opened since. */
  opened(): readonly string[];
  command<T>(name: NodeCommandName, data: object): Promise<T>;
  /** Lets media time pass in steps of 100 ms, and everything that it brings about. */
  passes(ms: number): Promise<void>;
}

async function place(vendor: VendorName, settings: Record<string, string>, answers: Answers, change: Partial<OpenCall> = {}): Promise<Placed> {
  const application = await createApplication(ports, { tenantId: 'tenant', name: 'app', vendor, settings });
  const asked: WireRequest[] = [];
  const client: FlowClient = {
    fetch(request) {
      asked.push(request);
      const body = answers[request.url];
      if (body === undefined) return Promise.reject(new RecgateError('outbound.failed', `${request.url}: no answer`));
      return Promise.resolve({ status: 200, contentType: null, body });
    },
  };
  const fetched: string[] = [];
  const calls: FileCallMedia[] = [];
  const registry = new CallRegistry(
    { ...ports, prompts: promptSource(fetched) },
    'node-1',
    {
      open: ({ callRef }, listener) => {
        const media = createFileCallMedia({ callRef, caller: audio, startTime: new Date(), spool: ports.spools as never, listener });
        calls.push(media);
        return Promise.resolve({ media, endpoints: {} });
      },
      openConference: () => {
        throw new RecgateError('node.full', 'There is no room');
      },
    },
    client,
  );
  registries.push(registry);
  const callRef = `call_${ports.ids.hex(20)}`;
  const open: OpenCall = {
    callRef,
    tenantId: 'tenant',
    applicationId: application.id,
    identity: { callId: callRef, from: '+15165550138', to: '+15165550137', direction: 'inbound', vendor: {} },
    legs: { caller: { transport: 'rtp', codec: 'PCMU' } },
    answered: true,
    fetchDocument: true,
    ...change,
  };
  await registry.handle('openCall', asJson(open));
  const [media] = calls;
  if (media === undefined) throw new Error('The call has no media');
  const passes = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      await delay(2);
      // A call that is over takes no more time.
      await media.advance(Math.min(100, left));
    }
    await delay(10);
  };
  const command = async <T>(name: NodeCommandName, data: object) => (await registry.handle(name, asJson({ callRef, ...data }))) as T;
  await delay(10);
  const opened = () => calls.slice(1).map((each) => each.callRef);
  return { registry, media, callRef, asked, fetched, opened, command, passes };
}

function promptSource(fetched: string[]): PromptSource {
  const prompt = { samples: new Int16Array((PROMPT_MS * RATE) / 1000), sampleRate: RATE };
  return {
    speaks: false,
    speak: () => Promise.reject(new RecgateError('outbound.failed', 'no engine')),
    fetch({ url }) {
      fetched.push(url);
      if (url.includes('missing')) return Promise.reject(new RecgateError('request.not_found', 'There is no such file'));
      return Promise.resolve(prompt);
    },
  };
}

const APP = 'https://app.example.com';
const call = async ({ callRef }: Placed) => {
  const record = await ports.ledger.calls.get(callRef);
  if (record === null) throw new Error('The call is not in the ledger');
  return record;
};
const recordingsOf = async ({ callRef }: Placed) => (await ports.ledger.recordings.list({ tenantId: 'tenant', callRef, limit: 10 })).items;
const urls = ({ asked }: Placed) => asked.map(({ url }) => url.slice(APP.length));
const aculab = (actions: readonly object[]) => JSON.stringify({ token: 't', actions });
const ACULAB = { firstPage: `${APP}/first`, finalPage: `${APP}/final` };
const RECORD = { record: { next_page: { url: `${APP}/recorded` }, seconds_max_duration: 30 } };

const SINCH = { callbackUrl: `${APP}/sinch`, applicationKey: 'f00dcafe-abba-c0de-1dea-dabb1ed4caf3', applicationSecret: 'ax8hTTQJF0OPXL32r1LHMA==' };
const PARKED: Answers = { [`${APP}/sinch`]: JSON.stringify({ action: { name: 'park', maxDuration: 60 } }) };
const manage = (placed: Placed, body: JsonObject) =>
  placed.command<InstructReply>('instruct', {
    sealedDocument: ports.vault.seal({ document: JSON.stringify(body) }, { tenantId: 'tenant', ownerId: placed.callRef }),
    role: 'manage',
    url: null,
    idempotencyKey: ports.ids.uuid(),
  });

describe('prompts of a live call', () => {
  it('take the time of their audio; the next step runs when it is over', async () => {
    const placed = await place('flexml', { documentUrl: `${APP}/start` }, {
      [`${APP}/start`]: `<Response><Play loop="3">${APP}/a.wav</Play><Redirect>${APP}/next</Redirect></Response>`,
      [`${APP}/next`]: '<Response><Hangup/></Response>',
    });
    await placed.passes(1400);
    expect(urls(placed)).toEqual(['/start']);
    await placed.passes(400);
    expect(urls(placed)).toEqual(['/start', '/next']);
    expect(placed.fetched).toEqual([`${APP}/a.wav`]);
    expect(await call(placed)).toMatchObject({ state: 'ended', endReason: 'flow' });
  });

  it('that cannot be had are warned about once, also where they repeat for ever, and the flow goes on', async () => {
    const placed = await place('flexml', { documentUrl: `${APP}/start` }, {
      [`${APP}/start`]: `<Response><Play loop="0">${APP}/missing.wav</Play><Pause length="1"/></Response>`,
    });
    await placed.passes(1500);
    const { warnings, state } = await call(placed);
    expect(state).toBe('ended');
    expect(warnings.filter((warning) => warning.includes('missing.wav'))).toHaveLength(1);
    expect(placed.fetched).toHaveLength(1);
  });

  it('that are texts take their estimated time where there is no speech engine, and say so once', async () => {
    const placed = await place('flexml', { documentUrl: `${APP}/start` }, {
      [`${APP}/start`]: '<Response><Say>aaaaaaaaaaaaaa</Say><Say>bbbbbbbbbbbbbb</Say></Response>',
    });
    await placed.passes(1800);
    expect((await call(placed)).state).toBe('answered');
    await placed.passes(500);
    const { state, warnings } = await call(placed);
    expect([state, warnings.filter((warning) => warning.includes('speech engine')).length]).toEqual(['ended', 1]);
  });
});

describe('an interruption', () => {
  it('keeps the recording it cuts off, asks the redirect page and not the next one', async () => {
    const placed = await place('aculab', ACULAB, { [`${APP}/first`]: aculab([RECORD]), [`${APP}/other`]: aculab([{ sleep: { seconds: 1 } }]), [`${APP}/final`]: '' });
    await placed.passes(2000);
    const redirect = { purpose: 'redirect', url: `${APP}/other`, method: 'POST', userinfo: null };
    expect(await placed.command<InterruptReply>('interrupt', { redirect })).toEqual({ step: 'record' });
    await placed.passes(300);
    expect(urls(placed)).toEqual(['/first', '/other']);
    const [recording] = await recordingsOf(placed);
    expect([recording?.state, recording?.capture?.reason]).toEqual(['captured', 'stopCommand']);
    await placed.passes(1500);
    expect(urls(placed)).toEqual(['/first', '/other', '/final']);
  });

  it('without a redirect page ends flow and call', async () => {
    const placed = await place('aculab', ACULAB, { [`${APP}/first`]: aculab([{ sleep: { seconds: 30 } }]), [`${APP}/final`]: '' });
    await placed.passes(500);
    expect(await placed.command<InterruptReply>('interrupt', { redirect: null })).toEqual({ step: 'wait' });
    await placed.passes(100);
    expect(urls(placed)).toEqual(['/first', '/final']);
    expect(await call(placed)).toMatchObject({ state: 'ended', endReason: 'interrupted' });
  });
});

describe('Manage Call', () => {
  it('plays beside the flow and starts recordings; the call stays where it was', async () => {
    const placed = await place('sinch', SINCH, PARKED);
    await placed.passes(200);
    const options = { destinationUrl: 'sdrive://x/a.wav', format: 'wav' };
    const instructions = [{ name: 'startRecording', options }, { name: 'playFiles', ids: [`${APP}/a.wav`] }, { name: 'sendDtmf', value: '12' }];
    const { recordings, warnings } = await manage(placed, { instructions, action: { name: 'continue' } });
    expect([recordings.length, warnings]).toEqual([1, [expect.stringContaining('sdrive')]]);
    await placed.passes(2000);
    expect(placed.fetched).toEqual([`${APP}/a.wav`]);
    expect(await call(placed)).toMatchObject({ state: 'answered', warnings: [expect.stringContaining('sdrive')] });
    await manage(placed, { instructions: [{ name: 'stopRecording' }] });
    await placed.passes(200);
    expect((await recordingsOf(placed))[0]?.state).toBe('captured');
    await manage(placed, { action: { name: 'hangup' } });
    await placed.passes(100);
    expect((await call(placed)).state).toBe('ended');
  });
});

describe('commands that come at the same moment', () => {
  const PAUSE: Answers = { [`${APP}/start`]: '<Response><Pause length="30"/></Response>' };
  const START = { spec: { ...SAMPLE_SPEC, minDurationMs: 0 }, accounting: [], sealedSecrets: null, idempotencyKey: null };

  it('start a recording and hang up: it is refused, or it comes to its end', async () => {
    const placed = await place('flexml', { documentUrl: `${APP}/start` }, PAUSE);
    await placed.passes(300);
    const first = placed.command('startRecording', START);
    const hungUp = placed.command('hangup', { by: null });
    const second = placed.command('startRecording', START);
    await expect(second).rejects.toMatchObject({ code: 'request.conflict' });
    await Promise.all([first, hungUp]);
    await delay(50);
    expect((await recordingsOf(placed)).map(({ state }) => state)).toEqual(['absent']);
    expect(placed.registry.size).toBe(0);
  });

  it('stop and hang up: the recording ends once, by the first of them', async () => {
    const placed = await place('flexml', { documentUrl: `${APP}/start` }, PAUSE);
    const { recordingId } = await placed.command<{ recordingId: string }>('startRecording', START);
    await placed.passes(1000);
    await Promise.all([placed.command('control', { recordingId, action: 'stop' }), placed.command('hangup', { by: null })]);
    await delay(50);
    const [recording] = await recordingsOf(placed);
    expect([recording?.state, recording?.capture?.reason]).toEqual(['captured', 'stopCommand']);
    expect((await ports.ledger.recordings.events(recordingId)).map(({ name }) => name)).toEqual(['recording.started', 'recording.finished']);
  });

  it('open the same call twice: it is opened once', async () => {
    const placed = await place('flexml', { documentUrl: `${APP}/start` }, PAUSE);
    const { applicationId, identity } = await call(placed);
    const open = { callRef: 'call_twice', tenantId: 'tenant', applicationId, identity, legs: { caller: { transport: 'rtp', codec: 'PCMU' } }, answered: true, fetchDocument: false };
    await Promise.all([placed.command('openCall', open), placed.command('openCall', open)]);
    expect([placed.opened(), placed.registry.size]).toEqual([['call_twice'], 2]);
  });
});

describe('a parked call', () => {
  it('goes on where a document says so, and stays parked where none does', async () => {
    const placed = await place('sinch', SINCH, PARKED);
    await placed.passes(59_000);
    await manage(placed, { action: { name: 'park', maxDuration: 60 } });
    await placed.passes(30_000);
    expect((await call(placed)).state).toBe('answered');
    await manage(placed, { instructions: [{ name: 'say', text: 'one moment' }] });
    await placed.passes(29_000);
    expect((await call(placed)).state).toBe('answered');
    await placed.passes(2000);
    expect((await call(placed)).state).toBe('ended');
  });
});

describe('a connection', () => {
  it('to a leg that the call was not opened with is over at once, and the flow goes on', async () => {
    const placed = await place('flexml', { documentUrl: `${APP}/start` }, {
      [`${APP}/start`]: '<Response><Dial action="/dialled"><Number>+15165550199</Number></Dial></Response>',
      [`${APP}/dialled`]: '<Response><Hangup/></Response>',
    });
    await placed.passes(100);
    expect(urls(placed)).toEqual(['/start', '/dialled']);
    expect((await call(placed)).warnings).toEqual([expect.stringContaining('+15165550199')]);
  });

  it('rings until it is bridged, and ends with its leg, not with the call', async () => {
    const leg = { transport: 'rtp', codec: 'PCMU' } as const;
    const placed = await place(
      'flexml',
      { documentUrl: `${APP}/start` },
      {
        [`${APP}/start`]: '<Response><Dial action="/dialled"><Number>+15165550199</Number></Dial></Response>',
        [`${APP}/dialled`]: '<Response><Pause length="5"/></Response>',
      },
      { legs: { caller: leg, callee: leg } },
    );
    await placed.passes(1000);
    await placed.command('callEvent', { event: { type: 'bridged' } });
    await delay(10);
    expect((await call(placed)).state).toBe('bridged');
    await placed.command('callEvent', { event: { type: 'legEnded' } });
    await placed.passes(200);
    expect([urls(placed), (await call(placed)).state]).toEqual([['/start', '/dialled'], 'answered']);
  });

  it('to a conference that cannot be joined is warned about, and the flow goes on', async () => {
    const placed = await place('aculab', ACULAB, {
      [`${APP}/first`]: aculab([{ connect: { destinations: ['con:standup'], next_page: { url: `${APP}/after` } } }]),
      [`${APP}/after`]: aculab([{ sleep: { seconds: 9 } }]),
      [`${APP}/final`]: '',
    });
    await placed.passes(300);
    expect(urls(placed)).toEqual(['/first', '/after']);
    expect((await call(placed)).warnings).toEqual([expect.stringContaining('There is no room')]);
    await expect(placed.command('participant', { action: 'mute' })).rejects.toMatchObject({ code: 'request.conflict' });
  });
});

describe('an application', () => {
  it('that does not answer is asked at its fallback address, once', async () => {
    const settings = { callbackUrl: `${APP}/down`, fallbackUrl: `${APP}/backup`, applicationKey: 'f00dcafe-abba-c0de-1dea-dabb1ed4caf3', applicationSecret: 'ax8hTTQJF0OPXL32r1LHMA==' };
    const placed = await place('sinch', settings, { [`${APP}/backup`]: JSON.stringify({ action: { name: 'hangup' } }) });
    await placed.passes(200);
    expect(urls(placed)).toEqual(['/down', '/backup', '/down', '/backup']);
    expect(await call(placed)).toMatchObject({ state: 'ended', endReason: 'flow' });
  });

  it('that is down loses its flow, not its recording', async () => {
    const placed = await place('aculab', { ...ACULAB, errorPage: `${APP}/error` }, { [`${APP}/first`]: aculab([RECORD]) });
    await placed.passes(32_000);
    expect((await recordingsOf(placed))[0]?.state).toBe('captured');
    expect(urls(placed)).toEqual(['/first', '/recorded', '/error', '/final']);
    // It is told while the call is up, as of every other error.
    expect(placed.asked.slice(2).map(({ body }) => /"call_state":"(\w+)"/.exec(String(body))?.[1])).toEqual(['answered', 'idle']);
    expect(await call(placed)).toMatchObject({ state: 'ended', endReason: 'applicationFailed' });
  });

  it('is asked when the call is answered, where it is to begin then; a call that nobody answers ends', async () => {
    const open: Partial<OpenCall> = { answered: false, beginWhen: 'answered', ringMs: 3000 };
    const answers = { [`${APP}/start`]: '<Response><Pause length="9"/></Response>' };
    const rings = await place('flexml', { documentUrl: `${APP}/start` }, answers, open);
    await rings.passes(1000);
    expect(urls(rings)).toEqual([]);
    await rings.command('callEvent', { event: { type: 'answered' } });
    await rings.passes(3000);
    expect([urls(rings), (await call(rings)).state]).toEqual([['/start'], 'answered']);
    const alone = await place('flexml', { documentUrl: `${APP}/start` }, answers, open);
    await alone.passes(3200);
    expect([urls(alone), await call(alone)]).toEqual([[], expect.objectContaining({ state: 'ended', endReason: 'noAnswer' })]);
  });

  it('without an address to begin with opens no call', async () => {
    await expect(place('flexml', {}, {})).rejects.toMatchObject({ code: 'request.invalid' });
  });
});
