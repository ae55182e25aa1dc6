import { describe, expect, it } from '@jest/globals';
import type { CallIdentity } from '#libs/recording-model';
import { aculabAdapter } from './aculab.adapter.js';
import { CALL, PAGE, context, parse, parseRecord, recordOf, refusal } from './testing/parsing.js';

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
    const outbound: CallIdentity = { ...CALL, direction: 'outbound' };
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
      ['exact', 'aescbc'],
      ['exact', '***'],
      ['exact', '***'],
    ]);
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
