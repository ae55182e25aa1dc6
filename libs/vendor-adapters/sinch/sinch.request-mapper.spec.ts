import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  RecgateError,
  type DocumentRole,
  type FlowStep,
  type ParsedDocument,
  type RecordAction,
} from '#libs/recording-model';
import { fixtureApplication, fixtureContext, fixtureText, sinchDocument } from './sinch.fixtures.js';
import { parseSinchDocument } from './sinch.request-mapper.js';
import { sinchSameRecording, sinchSecondStart } from './sinch.same-recording.js';

const S3 = { destinationUrl: 's3://bucket/', credentials: 'A:S:eu-west-1' };

function parse(body: unknown, role: DocumentRole = 'flow', application = fixtureApplication()): ParsedDocument {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return parseSinchDocument(sinchDocument(text, role), fixtureContext(application));
}

function records(parsed: ParsedDocument): RecordAction[] {
  return parsed.steps.filter((step) => step.kind === 'record');
}

function recordWith(options: object, application = fixtureApplication()): RecordAction {
  const parsed = parse({ instructions: [{ name: 'startRecording', options }] }, 'flow', application);
  const [first] = records(parsed);
  if (first === undefined) throw new Error('no recording');
  return first;
}

function refusal(body: unknown, role: DocumentRole = 'flow', application = fixtureApplication()): unknown {
  try {
    parse(body, role, application);
  } catch (thrown) {
    if (thrown instanceof RecgateError) return [thrown.code, thrown.field, thrown.position?.path];
    throw thrown;
  }
  return 'accepted';
}

const kinds = (steps: readonly FlowStep[]): string[] => steps.map((step) => step.kind);
const start = (options: object) => ({ name: 'startRecording', options });

describe('SVAML: where recordings start', () => {
  it('reads the vendor defaults into the spec', () => {
    expect(recordWith(S3)).toEqual({
      kind: 'record',
      at: { path: '/instructions/0', line: 1, column: 18 },
      secrets: { accessKeyId: 'A', secretAccessKey: 'S' },
      spec: {
        vendor: 'sinch',
        mode: 'background',
        start: 'now',
        parties: 'both',
        channels: 1,
        sampleRate: 8000,
        beep: false,
        stopKeys: '',
        silence: null,
        maxDurationMs: 14_400_000,
        minDurationMs: 0,
        maxBytes: null,
        trim: 'none',
        followTransfer: false,
        playDuring: null,
        format: { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' },
        encryption: null,
        destination: {
          kind: 's3',
          bucket: 'bucket',
          key: null,
          region: 'eu-west-1',
          endpoint: null,
          addressing: null,
          accessKeyId: { secret: 'accessKeyId' },
          secretAccessKey: { secret: 'secretAccessKey' },
        },
        ifExists: 'overwrite',
        retention: null,
        labels: {},
        transcription: null,
        subscriptions: [
          {
            name: 'notify',
            events: [
              'recording.finished',
              'recording.absent',
              'recording.available',
              'recording.failed',
              'transcription.available',
            ],
            url: 'https://app.example.com/sinch/callback/ace?tenant=7',
            method: 'POST',
            userinfo: null,
            fallbackUrl: 'https://backup.example.com/sinch/fallback',
            policy: 'vendor',
          },
        ],
        continuation: null,
      },
    });
  });

  it('keeps the order of the instructions and puts the action last', () => {
    const parsed = parse(fixtureText('say-record-say'), 'pie');
    expect(kinds(parsed.steps)).toEqual(['speak', 'record', 'speak', 'stopRecording', 'hangup']);
  });

  it.each(['hangup', 'continue', 'connectPstn', 'connectMxp', 'connectSip', 'connectStream', 'park'])(
    'records by the flag on %s, before the action itself',
    (name) => {
      const parsed = parse({ action: { name, number: '+1', record: true, recordingOptions: S3 } });
      expect(kinds(parsed.steps)[0]).toBe('record');
      expect(records(parsed)).toHaveLength(1);
    },
  );

  it('records by the action of Manage Call', () => {
    expect(kinds(parse(fixtureText('manage-action-start'), 'manage').steps)).toEqual(['record']);
    expect(kinds(parse(fixtureText('manage-action-stop'), 'manage').steps)).toEqual(['stopRecording']);
  });

  it('tells a conference from a call in it', () => {
    const parsed = parse(fixtureText('conference'), 'ice');
    expect(kinds(parsed.steps)).toEqual(['record', 'record', 'connect']);
    const [call, conference] = records(parsed).map(({ spec }) => spec);
    expect(call).toMatchObject({ parties: 'both', labels: {}, subscriptions: [] });
    expect(conference).toMatchObject({
      parties: 'conference',
      labels: { conferenceId: 'myConferenceId' },
      format: { container: 'wav', codec: 'pcm16', extension: 'wav' },
    });
    expect(parsed.steps[2]).toMatchObject({ to: 'myConferenceId', conference: true });
  });

  it('ignores recording instructions beside connectMxp and follows its flag', () => {
    const parsed = parse(fixtureText('connectmxp'), 'ice');
    expect(kinds(parsed.steps)).toEqual(['skipped', 'skipped', 'record', 'connect']);
    expect(records(parsed)[0]?.spec.destination).toMatchObject({ bucket: 'kept' });
    expect(parsed.warnings.map(({ position }) => position.path)).toEqual(['/instructions/0', '/instructions/1']);
    const bad = { instructions: [start({ destinationUrl: 'nowhere' })], action: { name: 'connectMxp' } };
    expect(kinds(parse(bad).steps)).toEqual(['skipped', 'connect']);
  });

  it('keeps an equal second start, stops the first for another one', () => {
    const equal = parse({ instructions: [start(S3), start({ ...S3, format: 'MP3' })] });
    expect(kinds(equal.steps)).toEqual(['record', 'skipped']);
    const other = parse({ instructions: [start(S3), start({ ...S3, format: 'wav' })] });
    expect(kinds(other.steps)).toEqual(['record', 'stopRecording', 'record']);
    const keys = parse({ instructions: [start(S3), start({ ...S3, credentials: 'B:S:eu-west-1' })] });
    expect(kinds(keys.steps)).toEqual(['record', 'stopRecording', 'record']);
    const again = parse({ instructions: [start(S3), { name: 'stopRecording' }, start(S3)] });
    expect(kinds(again.steps)).toEqual(['record', 'stopRecording', 'record']);
  });

  it('compares recordings by what they do', () => {
    const { spec } = recordWith(S3);
    const stored: typeof spec = JSON.parse(JSON.stringify(spec)) as typeof spec;
    expect(sinchSameRecording(spec, stored)).toBe(true);
    expect(sinchSameRecording(spec, { ...stored, labels: { custom: 'x' } })).toBe(true);
    for (const options of [
      { ...S3, format: 'wav' },
      { ...S3, notificationEvents: false },
      { ...S3, destinationUrl: 's3://b2/' },
    ])
      expect(sinchSameRecording(spec, recordWith(options).spec)).toBe(false);
    const sdrive = (path: string) => recordWith({ destinationUrl: `sdrive://${path}` }).spec;
    expect(sinchSameRecording(sdrive('a'), sdrive('b'))).toBe(false);
  });

  it('records the call and the conference side by side', () => {
    const both = parse({
      instructions: [start(S3)],
      action: { name: 'connectConf', conferenceId: 'c', record: true, recordingOptions: S3 },
    });
    const [call, conference] = records(both).map(({ spec }) => spec);
    if (call === undefined || conference === undefined) throw new Error('two recordings were expected');
    expect([call.parties, conference.parties]).toEqual(['both', 'conference']);
    expect(sinchSecondStart(call, conference)).toBe('both');
    expect(sinchSecondStart(conference, conference)).toBe('ignore');
    expect(sinchSecondStart(call, recordWith({ ...S3, format: 'wav' }).spec)).toBe('replace');
    const another = {
      ...conference,
      destination: recordWith({ ...S3, destinationUrl: 's3://other/mine.mp3' }).spec.destination,
    };
    expect(sinchSecondStart(conference, another)).toBe('ignore');
  });
});

describe('SVAML: tolerance (contract §2.5)', () => {
  it('takes a list of one for its element and an empty list for nothing', () => {
    const one = parse({ instructions: [{ name: 'startRecording', options: [S3] }] });
    expect(records(one)[0]?.secrets).toEqual({ accessKeyId: 'A', secretAccessKey: 'S' });
    const empty = parse({ instructions: [{ name: 'startRecording', options: [] }] });
    expect(records(empty)[0]?.spec.destination).toMatchObject({ kind: 'azure-blob', account: 'default-account' });
    expect(refusal({ instructions: [{ name: 'startRecording', options: [S3, S3] }] })).toEqual([
      'field.invalid',
      'options',
      '/instructions/0/options',
    ]);
  });

  it.each([
    [{ record: true }, 1],
    [{ record: 'true' }, 1],
    [{ recording: true }, 1],
    [{ record: null }, 1],
    [{}, 1],
    [{ record: false }, 0],
    [{ record: 'False' }, 0],
  ])('follows the flag %j beside recordingOptions', (flag, count) => {
    expect(records(parse({ action: { name: 'connectPstn', ...flag, recordingOptions: S3 } }))).toHaveLength(count);
  });

  it('accounts for the second spelling of the same as without effect', () => {
    const options = { ...S3, destination: 's3://other/', Format: 'wav', format: 'mp3' };
    const parsed = parse({ action: { name: 'continue', record: true, recording: false, recordingOptions: options } });
    expect(records(parsed)[0]?.spec.format.container).toBe('mp3');
    const dropped = parsed.accounting.filter(({ outcome }) => outcome === 'dropped');
    expect(dropped.map(({ path, reason }) => [path, reason])).toEqual([
      ['/action/recording', '/action/record says it already'],
      ['/action/recordingOptions/destination', '/action/recordingOptions/destinationUrl says it already'],
      ['/action/recordingOptions/Format', '/action/recordingOptions/format says it already'],
    ]);
    expect(parsed.warnings).toEqual([]);
  });

  it('takes null for absent', () => {
    const empty = { destinationUrl: null, credentials: null, format: null, notificationEvents: null };
    const parsed = parse({ action: { name: 'continue', record: true, recordingOptions: empty } });
    expect(records(parsed)[0]?.spec.destination).toMatchObject({ account: 'default-account' });
    const entry = parsed.accounting.find(({ path }) => path === '/action/recordingOptions/format');
    expect(entry).toMatchObject({ value: null, outcome: 'dropped', reason: 'null counts as absent', line: 1 });
  });

  it('does not record without flag and options', () => {
    expect(records(parse({ action: { name: 'continue' } }))).toHaveLength(0);
    expect(refusal({ action: { name: 'continue', record: 'maybe' } })).toEqual([
      'field.invalid',
      'record',
      '/action/record',
    ]);
  });

  it('uses the default destination of the application, and asks for one without', () => {
    const parsed = parse(fixtureText('manage-continue-record'), 'manage');
    expect(records(parsed)[0]).toMatchObject({
      secrets: { accountKey: 'ZGVmYXVsdEFjY291bnRLZXk=' },
      spec: { destination: { account: 'default-account', container: 'default-container', key: null } },
    });
    const paths = parsed.accounting.filter(({ outcome }) => outcome === 'defaulted').map(({ path }) => path);
    expect(paths).toEqual(
      ['destinationUrl', 'credentials', 'format', 'transcriptionOptions/enabled', 'notificationEvents'].map(
        (name) => `/action/recordingOptions/${name}`,
      ),
    );
    expect(JSON.stringify(parsed.accounting)).not.toContain('ZGVmYXVsdEFjY291bnRLZXk=');
    const bare = fixtureApplication({}, {});
    expect(refusal({ action: { name: 'continue', record: true } }, 'manage', bare)).toEqual([
      'field.missing',
      'destinationUrl',
      '/action/recordingOptions/destinationUrl',
    ]);
  });

  it('never sends a default credential to a destination of the document', () => {
    expect(refusal({ instructions: [start({ destinationUrl: 'azure://other/box' })] })).toEqual([
      'field.missing',
      'credentials',
      '/instructions/0/options/credentials',
    ]);
  });

  it('takes either key on either object, the old alias, and names in any case', () => {
    const swapped = parse({
      instructions: [{ name: 'STARTRECORDING', recordingOptions: { Destination: 's3://b/k.mp3', CREDENTIALS: 'A:S' } }],
      action: { name: 'CONTINUE', record: true, options: { ...S3, destinationUrl: 's3://b/k2.mp3' } },
    });
    expect(kinds(swapped.steps)).toEqual(['record', 'stopRecording', 'record']);
    expect(records(swapped)[0]?.spec.destination).toMatchObject({ bucket: 'b', key: 'k.mp3', region: 'us-east-1' });
  });

  it('ignores and reports unknown properties, and knows both forms of dtmf', () => {
    const parsed = parse(fixtureText('tolerant'));
    const unknown = parsed.accounting.filter(({ outcome }) => outcome === 'unknown');
    expect(unknown.map(({ path, value }) => [path, value])).toEqual([
      ['/Action/Options/somethingNew/0', 1],
      ['/Action/Options/somethingNew/1', {}],
      ['/unheardOf/a~1b', 'https://host/x'],
      ['/unheardOf/~0', true],
    ]);
    expect(parsed.steps[1]).toMatchObject({
      kind: 'connect',
      to: '46700000000',
      maxDurationMs: 14_400_000,
      next: null,
    });
    expect(parsed.flowState).toEqual({ suppressCallbacks: 'true' });
    expect(records(parsed)[0]?.spec).toMatchObject({
      destination: { key: 'x.wav' },
      format: { extension: 'mp3' },
      subscriptions: [],
    });
  });

  it('is strict about JSON', () => {
    expect(refusal('{"transcriptionOptions":{"enabled":true,},}')).toEqual([
      'document.malformed',
      undefined,
      expect.any(String),
    ]);
    expect(refusal('[]')).toEqual(['document.malformed', undefined, '']);
    expect(refusal('')).toEqual(['document.malformed', undefined, '']);
  });

  it('wants an action in callback answers and does without in Manage Call', () => {
    for (const role of ['ice', 'ace', 'pie'] as const)
      expect(refusal({ instructions: [] }, role)).toEqual(['field.missing', 'action', '/action']);
    expect(kinds(parse({ instructions: [{ name: 'stopRecording' }] }, 'manage').steps)).toEqual(['stopRecording']);
    expect(refusal({ action: { name: 'fly' } }, 'ice')).toEqual(['field.invalid', 'name', '/action/name']);
  });
});

describe('SVAML: any document', () => {
  const scalar = fc.oneof(
    fc.constantFrom('true', 's3://b/', 'A:S', '#tts[x]', 'mp3'),
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value'), { maxLength: 2 }), tie('object')),
    object: fc.dictionary(
      fc.constantFrom(
        'name',
        'options',
        'recordingOptions',
        'record',
        'destinationUrl',
        'credentials',
        'ids',
        'menus',
        '__proto__',
      ),
      tie('value'),
      { maxKeys: 5 },
    ),
  }));
  const names = fc.constantFrom(
    'say',
    'playFiles',
    'startRecording',
    'runMenu',
    'connectConf',
    'connectMxp',
    'park',
    'constructor',
    'toString',
    '__proto__',
  );
  const part = fc.tuple(names, value).map(([name, rest]) => ({ ...(typeof rest === 'object' ? rest : {}), name }));

  it('is read with every field accounted for, or refused with its place', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), part, (instructions, action) => {
        const text = JSON.stringify({ instructions, action });
        try {
          const { accounting } = parse(text);
          const written = accounting.filter(({ outcome }) => outcome !== 'defaulted');
          expect(written.every(({ line }) => line === 1)).toBe(true);
          expect(new Set(accounting.map(({ path }) => path)).size).toBe(accounting.length);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RecgateError);
          expect(thrown).toMatchObject({ code: expect.stringMatching(/^(field|document)\./), position: { line: 1 } });
        }
      }),
      { numRuns: 400 },
    );
  });
});
