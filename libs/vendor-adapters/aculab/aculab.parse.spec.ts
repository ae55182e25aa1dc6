import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  RecgateError,
  type ApplicationView,
  type CallIdentity,
  type JsonObject,
  type ParseContext,
  type ParsedDocument,
  type RecordAction,
} from '#libs/recording-model';
import { SAMPLE_CALL, seededIdSource } from '#libs/testing';
import { aculabAdapter } from './aculab.adapter.js';

const PAGE = 'https://app.example.net/ivr/first?lang=en';

function context(
  settings: Record<string, string> = {},
  call: CallIdentity = SAMPLE_CALL,
  flowState?: JsonObject,
): ParseContext {
  const application: ApplicationView = { applicationId: 'a', tenantId: 't', settings, secrets: {} };
  const now = new Date('2024-03-05T14:35:00.000Z');
  return { application, call, ids: seededIdSource(1), now, ...(flowState === undefined ? {} : { flowState }) };
}

function parse(document: unknown, settings: Record<string, string> = {}, call = SAMPLE_CALL): ParsedDocument {
  const body = typeof document === 'string' ? document : JSON.stringify(document);
  return aculabAdapter.parse({ body, role: 'flow', url: PAGE }, context(settings, call));
}

function recordOf(parsed: ParsedDocument): RecordAction {
  const step = parsed.steps.find((each) => each.kind === 'record');
  if (step?.kind !== 'record') throw new Error('no record step');
  return step;
}

function parseRecord(members: object, settings: Record<string, string> = {}): ParsedDocument {
  return parse({ actions: [{ record: { next_page: { url: 'next' }, ...members } }] }, settings);
}

function refusal(run: () => unknown): RecgateError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof RecgateError) return thrown;
    throw thrown;
  }
  throw new Error('was not refused');
}

describe('record (contract §2)', () => {
  it('applies the defaults of the vendor and lists them', () => {
    const parsed = parse({ actions: [{ record: { next_page: { url: 'my_record_handler_page' } } }] });
    expect(recordOf(parsed).spec).toEqual({
      vendor: 'aculab',
      mode: 'blocking',
      start: 'onFirstSound',
      parties: 'caller',
      channels: 1,
      sampleRate: 8000,
      beep: false,
      stopKeys: '#',
      silence: { initialMs: 3000, finalMs: 3000, level: 'auto' },
      maxDurationMs: 60_000,
      minDurationMs: 0,
      maxBytes: null,
      trim: 'leading',
      followTransfer: false,
      playDuring: null,
      format: { container: 'wav', codec: 'alaw', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
      encryption: null,
      destination: { kind: 'media-store', container: null, file: null },
      ifExists: 'unique',
      retention: null,
      labels: { id: '' },
      transcription: null,
      subscriptions: [],
      continuation: {
        onCompleted: {
          purpose: 'next_page',
          url: 'https://app.example.net/ivr/my_record_handler_page',
          method: 'POST',
          userinfo: null,
        },
        onFailed: {
          purpose: 'next_page',
          url: 'https://app.example.net/ivr/my_record_handler_page',
          method: 'POST',
          userinfo: null,
        },
        onlyWithAudio: false,
        requires: 'captured',
      },
    });
    expect(
      parsed.accounting.filter((entry) => entry.outcome === 'defaulted').map(({ path, value }) => [path, value]),
    ).toEqual([
      ['/actions/0/record/id', ''],
      ['/actions/0/record/next_page/method', 'POST'],
      ['/actions/0/record/beep_on_start', false],
      ['/actions/0/record/barge_in_digits', '#'],
      ['/actions/0/record/milliseconds_max_silence', 3000],
      ['/actions/0/record/milliseconds_max_initial_silence', 0],
      ['/actions/0/record/seconds_max_duration', 60],
      ['/actions/0/record/format', 'alaw'],
      ['/actions/0/record/encryption_cipher', null],
      ['/actions/0/record/recording_available_page', null],
    ]);
  });

  it('takes every member over', () => {
    const members = {
      id: 'msg-1',
      barge_in_digits: '*#1',
      seconds_max_duration: 120,
      milliseconds_max_silence: 5000,
      milliseconds_max_initial_silence: 8000,
      format: 'ulaw',
      beep_on_start: true,
      recording_available_page: { url: 'https://app.example.net/available', method: 'GET' },
    };
    const { spec } = recordOf(parseRecord(members));
    expect(spec).toMatchObject({
      labels: { id: 'msg-1' },
      stopKeys: '*#1',
      maxDurationMs: 120_000,
      silence: { initialMs: 8000, finalMs: 5000 },
      format: { codec: 'mulaw' },
      beep: true,
    });
    expect(spec.subscriptions).toEqual([
      {
        name: 'recording_available_page',
        events: ['recording.available'],
        url: 'https://app.example.net/available',
        method: 'GET',
        userinfo: null,
        fallbackUrl: null,
        policy: 'durable',
      },
    ]);
  });

  it('records the far end: the caller of an inbound call, the called party of an outbound one', () => {
    const outbound: CallIdentity = { ...SAMPLE_CALL, direction: 'outbound' };
    const document = { actions: [{ record: { next_page: 'next' } }] };
    expect(recordOf(parse(document)).spec.parties).toBe('caller');
    expect(recordOf(parse(document, {}, outbound)).spec.parties).toBe('callee');
  });

  it('takes the law of the setting when no format is given, and knows that an empty key list stops nothing', () => {
    const { spec } = recordOf(parseRecord({ barge_in_digits: '' }, { companding: 'ulaw' }));
    expect([spec.format.codec, spec.stopKeys]).toEqual(['mulaw', '']);
  });

  it.each([
    ['seconds_max_duration', 0],
    ['seconds_max_duration', -1],
    ['seconds_max_duration', 1.5],
    ['seconds_max_duration', '60'],
    ['seconds_max_duration', 2_147_483_648],
    ['milliseconds_max_silence', 0],
    ['milliseconds_max_silence', -3000],
    ['milliseconds_max_silence', true],
    ['milliseconds_max_initial_silence', -1],
    ['milliseconds_max_initial_silence', '0'],
    ['format', 'mp3'],
    ['format', 'ALAW'],
    ['format', 7],
    ['barge_in_digits', '#x'],
    ['barge_in_digits', ' '],
    ['barge_in_digits', 5],
    ['beep_on_start', 'true'],
    ['id', 17],
    ['encryption_cipher', 'aescbc'],
    ['recording_available_page', 5],
    ['next_page', []],
  ])('refuses %s = %j and names field and place (§11)', (name, value) => {
    const error = refusal(() => parseRecord({ [name]: value }));
    expect([error.code, error.field]).toEqual(['field.invalid', `record.${name}`]);
    expect(error.position).toMatchObject({ path: `/actions/0/record/${name}`, line: 1 });
  });

  it('refuses numbers beyond all bounds', () => {
    const body = '{"actions":[{"record":{"next_page":"next",\n"seconds_max_duration":1e309}}]}';
    expect(refusal(() => parse(body))).toMatchObject({ blame: 'request', position: { line: 2 } });
  });

  it('needs a next page in version 2 and goes on without one in version 1 (§1.8)', () => {
    const document = { actions: [{ record: {} }, { play: { play_list: [{ text_to_say: 'Thank you' }] } }] };
    expect(refusal(() => parse(document))).toMatchObject({ code: 'field.missing', field: 'record.next_page' });
    const parsed = parse(document, { apiVersion: '1' });
    expect(parsed.steps.map((step) => step.kind)).toEqual(['record', 'speak', 'hangup']);
    expect(recordOf(parsed).spec.continuation).toBeNull();
  });

  it('ignores the members of version 2 in version 1, and says so', () => {
    const members = { id: 'x', milliseconds_max_initial_silence: 9000, recording_available_page: 'available' };
    const parsed = parseRecord(members, { apiVersion: '1' });
    expect(recordOf(parsed).spec).toMatchObject({
      labels: { id: '' },
      silence: { initialMs: 3000 },
      subscriptions: [],
    });
    expect(parsed.warnings).toHaveLength(3);
    expect(parsed.accounting.filter((entry) => entry.outcome === 'dropped')).toHaveLength(3);
  });

  it('keeps unknown members and warns (§11)', () => {
    const parsed = parseRecord({ seconds_max_pause: 4 });
    expect(parsed.accounting.find((entry) => entry.outcome === 'unknown')).toMatchObject({
      path: '/actions/0/record/seconds_max_pause',
      value: 4,
      line: 1,
    });
    expect(parsed.warnings.map((warning) => warning.message)).toEqual([
      'record.seconds_max_pause is not in the contract and is ignored',
    ]);
  });
});

describe('encryption_cipher (contract §4)', () => {
  const vector = '0f0e0d0c0b0a09080706050403020100';
  const key = '00112233445566778899aabbccddeeff';

  it.each([
    [32, 128],
    [48, 192],
    [64, 256],
  ])('reads a key of %i digits as AES-%i and seals it', (digits, keyBits) => {
    const written = 'AB'.repeat(digits / 2);
    const { spec, secrets } = recordOf(parseRecord({ encryption_cipher: { type: 'aescbc', key: written, vector } }));
    expect(spec.encryption).toEqual({
      cipher: 'aes-cbc',
      keyBits,
      key: { secret: 'encryption_cipher.key' },
      vector: { secret: 'encryption_cipher.vector' },
    });
    expect(secrets).toEqual({ 'encryption_cipher.key': written.toLowerCase(), 'encryption_cipher.vector': vector });
  });

  it.each(['vector', 'iv', 'initialisation_vector'])('accepts the vector under the name %s', (name) => {
    const parsed = parseRecord({ encryption_cipher: { type: 'aescbc', key, [name]: vector } });
    expect(recordOf(parsed).secrets['encryption_cipher.vector']).toBe(vector);
    const entries = parsed.accounting.filter((entry) => entry.path.includes('/encryption_cipher/'));
    expect(entries.map(({ outcome, value }) => [outcome, value])).toEqual([
      ['dropped', 'aescbc'],
      ['dropped', '***'],
      ['dropped', '***'],
    ]);
    for (const entry of entries) expect(entry.reason).toMatch(/^not yet executed/);
  });

  it.each([
    ['type', { type: 'aesgcm', key, vector }],
    ['key', { type: 'aescbc', key: key.slice(1), vector }],
    ['key', { type: 'aescbc', key: `${key.slice(2)}zz`, vector }],
    ['key', { type: 'aescbc', key: 5, vector }],
    ['vector', { type: 'aescbc', key, vector: `${vector}00` }],
    ['iv', { type: 'aescbc', key, iv: 'no' }],
  ])('refuses a bad %s without showing it', (name, cipher) => {
    const error = refusal(() => parseRecord({ encryption_cipher: cipher }));
    expect([error.code, error.field]).toEqual(['field.invalid', `record.encryption_cipher.${name}`]);
    expect(error.message).not.toContain(key.slice(2));
  });

  it.each(['type', 'key', 'vector'])('needs %s', (name) => {
    const cipher = { type: 'aescbc', key, vector, [name]: undefined };
    expect(refusal(() => parseRecord({ encryption_cipher: cipher }))).toMatchObject({
      code: 'field.missing',
      field: `record.encryption_cipher.${name}`,
    });
  });
});

describe('web page requests (contract §3)', () => {
  const urlOf = (page: unknown): string | undefined =>
    recordOf(parse({ actions: [{ record: { next_page: page } }] })).spec.continuation?.onCompleted?.url;

  it.each([
    ['next', 'https://app.example.net/ivr/next'],
    ['/next', 'https://app.example.net/next'],
    ['?step=2', 'https://app.example.net/ivr/first?step=2'],
    ['//other.example.net/x', 'https://other.example.net/x'],
    ['http://plain.example.net', 'http://plain.example.net'],
  ])('resolves %s against the page', (written, absolute) => {
    expect(urlOf(written)).toBe(absolute);
    expect(urlOf({ url: written })).toBe(absolute);
  });

  it.each([
    {},
    { url: '' },
    { url: 5 },
    { url: 'mailto:x@example.net' },
    { url: 'https://' },
    { url: 'x', method: 'PUT' },
    { url: 'x', method: 1 },
  ])('refuses %j', (page) => {
    expect(refusal(() => urlOf(page)).position?.path).toMatch(/^\/actions\/0\/record\/next_page\/(url|method)$/);
  });

  it('refuses a relative URL when nobody knows the page', () => {
    const body = '{"actions":[{"record":{"next_page":"next"}}]}';
    expect(refusal(() => aculabAdapter.parse({ body, role: 'flow', url: null }, context())).code).toBe('field.invalid');
    const known = context({ firstPage: 'https://app.example.net/one/two' });
    const parsed = aculabAdapter.parse({ body, role: 'flow', url: null }, known);
    expect(recordOf(parsed).spec.continuation?.onCompleted?.url).toBe('https://app.example.net/one/next');
  });

  it('seals credentials of the URL in the bag of the recording', () => {
    const action = recordOf(parse({ actions: [{ record: { next_page: 'https://u:p%40ss@app.example.net/n' } }] }));
    const reference = action.spec.continuation?.onCompleted?.userinfo;
    expect(action.secrets[reference?.secret ?? '']).toBe('u:p@ss');
  });

  it('keeps credentials of other actions in the bag of the document', () => {
    const parsed = parse({ actions: [{ redirect: { next_page: { url: 'https://u:pw@app.example.net/n' } } }] });
    const [step] = parsed.steps;
    const name = step?.kind === 'fetch' ? step.request.userinfo?.secret : undefined;
    expect(parsed.secrets?.[name ?? '']).toBe('u:pw');
  });

  it('asks pages on the host of the first page with the page credentials, and no others', () => {
    const base = context({ firstPage: PAGE });
    const parseContext = { ...base, application: { ...base.application, secrets: { pageCredentials: 'bob:pw' } } };
    const userinfoOf = (url: string): unknown => {
      const body = JSON.stringify({ actions: [{ record: { next_page: url } }] });
      const action = recordOf(aculabAdapter.parse({ body, role: 'flow', url: PAGE }, parseContext));
      return action.secrets[action.spec.continuation?.onCompleted?.userinfo?.secret ?? ''];
    };
    expect(userinfoOf('next')).toBe('bob:pw');
    expect(userinfoOf('https://elsewhere.example.net/next')).toBeUndefined();
  });
});

describe('action lists (contract §1.7, §7)', () => {
  it('hangs up on an empty list and when a list is exhausted', () => {
    expect(parse({ actions: [] }).steps.map((step) => step.kind)).toEqual(['hangup']);
    const parsed = parse({ actions: [{ sleep: { seconds_duration: 2 } }] });
    expect(parsed.steps).toMatchObject([{ kind: 'wait', durationMs: 2000 }, { kind: 'hangup' }]);
  });

  it('replaces the rest of the list by the next page', () => {
    const parsed = parse({ actions: [{ record: { next_page: 'a' } }, { nonsense: { b: 1 } }] });
    expect(parsed.steps.map((step) => step.kind)).toEqual(['record', 'skipped']);
    expect(parsed.accounting.find((entry) => entry.path === '/actions/1/nonsense/b')?.outcome).toBe('dropped');
  });

  it('turns the other actions into steps', () => {
    const parsed = parse({
      actions: [
        { answer: {} },
        {
          play: {
            play_list: [{ text_to_say: 'Hi', tts_voice: 'Ann' }, { file_to_play: 'a/b.wav' }, { digits_to_play: '12' }],
          },
        },
        { delete_file: { filename: 'a/b.wav' } },
        { get_input: {} },
        { connect: { destinations: ['con:room'] } },
        { redirect: { next_page: { url: 'more', method: 'GET' } } },
      ],
    });
    expect(parsed.steps).toMatchObject([
      { kind: 'answer' },
      { kind: 'speak', text: 'Hi', voice: 'Ann' },
      { kind: 'playMedia', url: 'media:///a/b.wav' },
      { kind: 'sendDigits', digits: '12' },
      { kind: 'deleteFile', file: 'a/b.wav' },
      { kind: 'skipped', name: 'get_input' },
      { kind: 'connect', to: 'room', conference: true },
      { kind: 'fetch', request: { purpose: 'redirect', url: 'https://app.example.net/ivr/more', method: 'GET' } },
    ]);
    expect(parsed.warnings.map((warning) => warning.message)).toEqual([
      'get_input is skipped: speech input is not carried out',
    ]);
  });

  it.each([
    ['{"actions":[{"dance":{}}]}', 'field.invalid', '/actions/0/dance'],
    ['{"actions":[{}]}', 'field.invalid', '/actions/0'],
    ['{"actions":[{"play":{"play_list":[]},"answer":{}}]}', 'field.invalid', '/actions/0'],
    ['{"actions":{"record":{}}}', 'field.invalid', '/actions'],
    ['{"actions":[7]}', 'field.invalid', '/actions/0'],
    ['{"actions":[],"token":5}', 'field.invalid', '/token'],
    ['{"actions":[{"play":{"play_list":[{}]}}]}', 'field.invalid', '/actions/0/play/play_list/0'],
    ['{"actions":[{"delete_file":{"filename":"../secret.wav"}}]}', 'field.invalid', '/actions/0/delete_file/filename'],
    ['{"token":"x"}', 'field.missing', ''],
    ['"text"', 'field.invalid', ''],
    ['', 'document.malformed', ''],
  ])('refuses %s', (body, code, path) => {
    const error = refusal(() => parse(body));
    expect([error.code, error.position?.path]).toEqual([code, path]);
  });

  it('hands the token on and counts the recordings of the run', () => {
    const body = '{"token":"t2","actions":[{"record":{"next_page":"n"}}]}';
    const page = { body, role: 'flow' as const, url: PAGE };
    const state = (flowState?: JsonObject): JsonObject =>
      aculabAdapter.parse(page, context({}, SAMPLE_CALL, flowState)).flowState;
    expect(state()).toMatchObject({ token: 't2' });
    expect(state()).not.toHaveProperty('recordings');
    expect(state({})).toMatchObject({ token: 't2', recordings: 1 });
    expect(state({ recordings: 1 })).toMatchObject({ recordings: 2 });
    expect(parse({ actions: [] }).flowState).not.toHaveProperty('token');
  });

  it('labels the recording with the token in force', () => {
    const body = '{"actions":[{"record":{"next_page":"n"}}]}';
    const later = aculabAdapter.parse({ body, role: 'flow', url: PAGE }, context({}, SAMPLE_CALL, { token: 't1' }));
    expect(recordOf(later).spec.labels).toEqual({ id: '', token: 't1' });
  });
});

describe('any document', () => {
  const member = fc.constantFrom(
    'record',
    'play',
    'next_page',
    'url',
    'actions',
    'token',
    'run_menu',
    'get_number',
    'connect',
    'encryption_cipher',
    'sleep',
    '__proto__',
    'constructor',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(member, tie('value')),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));

  it('is either read with one entry for each field or refused with a place', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          value,
          value.map((each) => ({ actions: [each] })),
        ),
        fc.constantFrom('1', '2'),
        (document, apiVersion) => {
          const body = JSON.stringify(document);
          try {
            const { accounting } = parse(body, { apiVersion });
            expect(new Set(accounting.map((entry) => entry.path)).size).toBe(accounting.length);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(RecgateError);
            if (thrown instanceof RecgateError)
              expect([thrown.blame, thrown.position?.line]).toEqual(['request', expect.any(Number)]);
          }
        },
      ),
      { numRuns: 400, seed: 5 },
    );
  });
});
