import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  type ApplicationView,
  type CallIdentity,
  type DocumentRole,
  type FlowStep,
  type ParsedDocument,
  type RecordAction,
} from '#libs/recording-model';
import { SAMPLE_CALL, seededIdSource } from '#libs/testing';
import { kazooAdapter } from './index.js';

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}.callflow`, import.meta.url), 'utf8');

const STORAGE_PLAN = JSON.stringify({
  attachments: {
    abcd: {
      handler: 's3',
      name: 'bucket',
      settings: {
        bucket: 'recordings',
        key: 'AKIAKEY',
        secret: 'planS3cret',
        host: 's3.local',
        port: 9000,
        scheme: 'http',
      },
    },
  },
  plan: {
    modb: { types: { call_recording: { attachments: { handler: 'abcd', params: { folder_path: '../calls' } } } } },
  },
});

interface Reading {
  readonly settings?: Record<string, string>;
  readonly secrets?: Record<string, string>;
  readonly role?: DocumentRole;
  readonly call?: CallIdentity;
}

function application({ settings = {}, secrets = {} }: Reading = {}): ApplicationView {
  return { applicationId: 'app-1', tenantId: 'tenant-1', settings, secrets };
}

function parse(body: unknown, reading: Reading = {}): ParsedDocument {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return kazooAdapter.parse(
    { body: text, role: reading.role ?? 'flow', url: null },
    {
      application: application(reading),
      call: reading.call ?? SAMPLE_CALL,
      ids: seededIdSource(1),
      now: new Date('2026-11-20T12:00:00Z'),
    },
  );
}

function recordOf(parsed: ParsedDocument): FlowStep & RecordAction {
  const step = parsed.steps.find((each): each is FlowStep & RecordAction => each.kind === 'record');
  if (step === undefined) throw new Error('the flow records nothing');
  return step;
}

const specOf = (data: object, reading: Reading = {}) =>
  recordOf(parse({ module: 'record_call', data: { url: 'https://r.example.com', ...data } }, reading)).spec;
const kinds = (parsed: ParsedDocument) => parsed.steps.map((step) => step.kind);

describe('reading callflows', () => {
  it('walks the wildcard children of a stored callflow (contract §1.1)', () => {
    const parsed = parse(fixture('stored-callflow'));
    expect(kinds(parsed)).toEqual(['record', 'connect', 'stopRecording']);
    expect(parsed.steps[2]).toMatchObject({
      which: 'latest',
      at: { path: '/data/flow/children/_/children/_', line: 8, column: 20 },
    });
    expect(recordOf(parsed).spec).toMatchObject({
      mode: 'background',
      parties: 'both',
      channels: 2,
      sampleRate: 16000,
      start: 'now',
      maxDurationMs: 1_200_000,
      followTransfer: true,
      format: { container: 'mp3', contentType: 'audio/mpeg', bitrateKbps: null },
      destination: { kind: 'http-upload', url: 'https://rec.example.com/kzr', method: 'PUT', userinfo: null },
      labels: { origin: 'callflow : support line', format: 'mp3', handler_id: 'overridden' },
    });
  });

  it('fills the schema default of time_limit in when saved, and the deployment maximum when raw', () => {
    const node = { module: 'record_call', data: { action: 'start', url: 'https://rec.example.com' } };
    const saved = { data: { numbers: ['+1'], flow: node } };
    expect(recordOf(parse(saved)).spec.maxDurationMs).toBe(3_600_000);
    expect(recordOf(parse(node)).spec.maxDurationMs).toBe(10_800_000);
    expect(recordOf(parse(node, { role: 'saved' })).spec.maxDurationMs).toBe(3_600_000);
    expect(recordOf(parse(node, { settings: { documentMode: 'saved' } })).spec.maxDurationMs).toBe(3_600_000);
    expect(recordOf(parse(saved, { settings: { documentMode: 'raw' } })).spec.maxDurationMs).toBe(10_800_000);
    expect(recordOf(parse(node, { settings: { maxRecordingTimeLimit: '600' } })).spec.maxDurationMs).toBe(600_000);
  });

  it('takes a bare node under children for the end of the flow', () => {
    const parsed = parse(fixture('pivot-children-without-branch'));
    expect(kinds(parsed)).toEqual(['record']);
    expect(recordOf(parsed).secrets).toEqual({ 'url.userinfo': 'joe:s3cr@t' });
  });

  it('reads every key, skips what it cannot run, and says so', () => {
    const parsed = parse(fixture('pivot-everything'));
    expect(kinds(parsed)).toEqual(['speak', 'record', 'skipped', 'connect', 'skipped', 'stopRecording', 'hangup']);
    expect(recordOf(parsed).spec).toMatchObject({
      start: 'onAnswer',
      sampleRate: 8000,
      minDurationMs: 3000,
      maxDurationMs: 10_800_000,
      followTransfer: false,
      silence: { initialMs: null, finalMs: 4000, level: 250 },
      format: { extension: 'mp3' },
      destination: { method: 'POST' },
      labels: { label: 'sales / north', origin: 'callflow : sales / north', media_name: 'a b.ogg' },
      transcription: { locale: null },
    });
    expect(parsed.warnings.map((warning) => warning.position.path)).toEqual(
      expect.arrayContaining([
        '/children/_/data/record_sample_rate',
        '/children/_/data/time_limit',
        '/children/_/data/colour',
      ]),
    );
    const outcome = (path: string) => parsed.accounting.find((entry) => entry.path === path)?.outcome;
    expect(outcome('/children/_/data/colour')).toBe('unknown');
    expect(outcome('/children/_/data/transcribe')).toBe('exact');
    expect(outcome('/children/_/children/1/module')).toBe('dropped');
  });

  it('an empty data object is not unknown', () => {
    const { accounting, warnings } = parse(
      { module: 'record_call', data: {} },
      { settings: { storeRecordings: 'true' } },
    );
    expect(accounting.find(({ path }) => path === '/data')).toMatchObject({ outcome: 'exact', value: {} });
    expect(warnings).toEqual([]);
  });

  it('a record_min_sec that no recording can reach is kept, with a warning', () => {
    const { steps, warnings } = parse({
      module: 'record_call',
      data: { url: 'https://rec.example.com/kzr', record_min_sec: 20_000 },
    });
    expect(steps).toMatchObject([{ kind: 'record', spec: { minDurationMs: 20_000_000 } }]);
    expect(warnings).toHaveLength(1);
  });

  it('goes on for more than a hundred nodes', () => {
    const chain = Array.from({ length: 110 }).reduce<object>(
      (children) => ({ module: 'sleep', data: { duration: 1 }, children: { _: children } }),
      { module: 'hangup', data: {} },
    );
    expect(parse(chain).steps).toHaveLength(111);
  });

  it.each([
    ['[]', 'field.invalid'],
    ['{}', 'field.missing'],
    ['{"module":5}', 'field.missing'],
    ['{"data":', 'document.malformed'],
    ['['.repeat(300), 'document.too_deep'],
  ])('refuses %s as a document', (body, code) => {
    expect(() => parse(body)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the keys of record_call (contract §1.2)', () => {
  it.each([
    [{ time_limit: 0 }, 3_600_000],
    [{ time_limit: -5 }, 3_600_000],
    [{ time_limit: '90' }, 90_000],
    [{ time_limit: 7.6 }, 8000],
    [{ time_limit: 10_801 }, 10_800_000],
    [{ time_limit: 1e300 }, 10_800_000],
    [{ time_limit: 'soon' }, 10_800_000],
    [{ time_limit: null }, 10_800_000],
    [{ time_limit: {} }, 10_800_000],
  ])('limits %j to %d ms', (data, expected) => {
    expect(specOf(data).maxDurationMs).toBe(expected);
  });

  it.each([
    [{}, 'mp3'],
    [{ format: 'wav' }, 'wav'],
    [{ format: 'ogg' }, 'mp3'],
    [{ format: 'mp4' }, 'mp3'],
    [{ media_name: 'x', format: 'wav' }, 'mp3'],
    [{ media_name: 'x.wav', format: 'mp3' }, 'wav'],
    [{ media_name: 'x.WAV' }, 'mp3'],
    [{ media_name: 'x.mp4' }, 'mp3'],
  ])('encodes %j as %s', (data, extension) => {
    expect(specOf(data).format.extension).toBe(extension);
  });

  it('appends the configured extension', () => {
    expect(specOf({ media_name: 'x' }, { settings: { defaultExtension: 'wav' } }).format.extension).toBe('wav');
    expect(specOf({}, { settings: { defaultExtension: 'wav' } }).format).toEqual({
      container: 'wav',
      codec: 'pcm16',
      bitrateKbps: null,
      extension: 'wav',
      contentType: 'audio/x-wav',
    });
  });

  it.each([
    [{}, 'now'],
    [{ record_on_bridge: true }, 'onBridge'],
    [{ record_on_answer: true }, 'onAnswer'],
    [{ record_on_answer: true, record_on_bridge: true }, 'onAnswer'],
    [{ record_on_answer: 'false', record_on_bridge: 'true' }, 'onBridge'],
  ])('starts %j %s', (data, start) => {
    expect(specOf(data).start).toBe(start);
  });

  it.each([
    [{}, null],
    [{ silence_final_timeout: 3000 }, null],
    [{ silence_detection: true }, { initialMs: null, finalMs: 5, level: 200 }],
    [
      { silence_detection: true, silence_initial_timeout: 2000, silence_final_timeout: 0, silence_threshold: 99_999 },
      { initialMs: 2000, finalMs: null, level: 32_767 },
    ],
  ])('reads the silence of %j', (data, silence) => {
    expect(specOf(data).silence).toEqual(silence);
  });

  it.each([
    ['start', 'record'],
    ['stop', 'stopRecording'],
    ['STOP', 'record'],
    ['mask', 'record'],
    ['toggle', 'record'],
    [7, 'record'],
  ])('takes the action %j in a callflow for %s', (action, kind) => {
    expect(kinds(parse({ module: 'record_call', data: { action } }))[0]).toBe(kind);
  });

  it('uses media_id in 5.x alone', () => {
    const names = (version: string) => {
      const reading = { settings: { version } };
      const spec = specOf({ media_id: '202611-mine' }, reading);
      return kazooAdapter.mintNames({
        application: application(reading),
        call: SAMPLE_CALL,
        ids: seededIdSource(1),
        now: new Date('2026-01-31T23:59:59Z'),
        spec,
        recordingId: 'r',
      });
    };
    expect(names('5.x')['recordingId']).toBe('202611-mine');
    expect(names('4.3')['recordingId']).toMatch(/^202601-[0-9a-f]{32}$/);
    expect(names('4.3')['mediaName']).toMatch(/^[0-9a-f]{32}\.mp3$/);
  });
});

describe('where recordings go (contract §2.1)', () => {
  const destination = (data: object, reading: Reading = {}) =>
    recordOf(parse({ module: 'record_call', data }, reading)).spec.destination;

  it.each([
    ['nothing configured', {}, {}, { kind: 'none' }],
    ['store_recordings', {}, { storeRecordings: 'true' }, { kind: 'media-store', container: null, file: null }],
    [
      'third party host',
      {},
      { storeRecordings: 'true', thirdPartyBigcouchHost: 'https://big.example.com/db' },
      { kind: 'http-upload', url: 'https://big.example.com/db', method: 'PUT' },
    ],
    [
      'third party host without store_recordings',
      {},
      { thirdPartyBigcouchHost: 'https://big.example.com/db' },
      { kind: 'none' },
    ],
    [
      'a plan',
      {},
      { storagePlan: STORAGE_PLAN },
      {
        kind: 's3',
        bucket: 'recordings',
        endpoint: 'http://s3.local:9000',
        accessKeyId: { secret: 'storage.abcd.key' },
      },
    ],
    [
      'a URL over a plan',
      { url: 'http://r.example.com/' },
      { storagePlan: STORAGE_PLAN },
      { kind: 'http-upload', url: 'http://r.example.com/' },
    ],
    ['an empty URL', { url: '' }, { storeRecordings: 'true' }, { kind: 'media-store' }],
    ['ftp', { url: 'ftp://r.example.com/in/' }, {}, { kind: 'ftp-upload', url: 'ftp://r.example.com/in/', userinfo: null }],
    [
      'ftps with credentials',
      { url: 'ftps://rec:pw@r.example.com/in' },
      {},
      { kind: 'ftp-upload', url: 'ftps://r.example.com/in', userinfo: { secret: 'url.userinfo' } },
    ],
    ['sftp', { url: 'sftp://r.example.com/' }, {}, { kind: 'none', reason: expect.stringContaining('host key') }],
    ['another scheme', { url: 'gopher://r.example.com/' }, { storeRecordings: 'true' }, { kind: 'none' }],
    ['no URL at all', { url: 'https://' }, { storeRecordings: 'true' }, { kind: 'none' }],
  ])('%s', (_name, data, settings, expected) => {
    expect(destination(data, { settings: settings })).toMatchObject(expected);
  });

  it('keeps a recording whose plan cannot be followed in the own store', () => {
    const plan = STORAGE_PLAN.replace('"handler":"s3"', '"handler":"dropbox"');
    const parsed = parse({ module: 'record_call', data: {} }, { settings: { storagePlan: plan } });
    expect(recordOf(parsed).spec.destination.kind).toBe('media-store');
    expect(parsed.warnings.map((warning) => warning.message).join()).toContain('dropbox');
  });

  it('keeps the credentials of a plan in the secret bag', () => {
    const step = recordOf(parse({ module: 'record_call', data: {} }, { secrets: { storagePlan: STORAGE_PLAN } }));
    expect(step.secrets).toEqual({ 'storage.abcd.key': 'AKIAKEY', 'storage.abcd.secret': 'planS3cret' });
    expect(JSON.stringify(step.spec)).not.toContain('planS3cret');
  });

  it('skips record_caller without answering when there is nowhere to store', () => {
    expect(kinds(parse({ module: 'record_caller', data: {} }))).toEqual(['skipped']);
    const parsed = parse(fixture('record-caller'));
    expect(kinds(parsed)).toEqual(['answer', 'record', 'wait']);
    expect(recordOf(parsed).spec).toMatchObject({
      mode: 'blocking',
      parties: 'caller',
      channels: 1,
      sampleRate: 8000,
      stopKeys: '0123456789*#ABCD',
      maxDurationMs: 60_000,
    });
  });
});

describe('metaflows (contract §1.3, §4.5)', () => {
  const role = 'metaflow' as const;

  it('reads the channel request and leaves the call alone at the end', () => {
    const parsed = parse(fixture('metaflow-start'), { role });
    expect(kinds(parsed)).toEqual(['record']);
    expect(recordOf(parsed).spec).toMatchObject({
      maxDurationMs: 10_800_000,
      followTransfer: true,
      labels: { origin: 'untracked : +15165550137' },
    });
  });

  it.each([
    ['start', 'record'],
    ['stop', 'stopRecording'],
    ['mask', 'maskRecording'],
    ['unmask', 'unmaskRecording'],
    ['toggle', 'record'],
    [undefined, 'record'],
  ])('takes the action %s for %s', (action, kind) => {
    expect(kinds(parse({ module: 'record_call', data: { action, url: 'https://r.example.com' } }, { role }))).toEqual([
      kind,
    ]);
  });

  it('keeps the origin of the client, and does not follow transfers in later generations', () => {
    const settings = { version: 'master' };
    expect(specOf({ origin: 'button' }, { role }).labels['origin']).toBe('button');
    expect(specOf({}, { role, settings })).toMatchObject({ labels: { origin: 'no origin' }, followTransfer: false });
  });

  it('refuses other channel actions', () => {
    expect(() => parse({ action: 'record', data: {} }, { role })).toThrow(
      expect.objectContaining({ code: 'field.invalid', field: 'action' }),
    );
  });
});
