import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  RecgateError,
  type AccountingEntry,
  type ApplicationView,
  type CallIdentity,
  type FlowContext,
  type FlowStep,
  type ParsedDocument,
  type RecordAction,
  type RecordingEventName,
  type RecordingView,
} from '#libs/recording-model';
import {
  SAMPLE_FAILURE,
  describeVendorAdapterContract,
  sampleEvent,
  sampleReceipt,
  sampleRecording,
  sampleRendition,
  seededIdSource,
  type VendorFixture,
} from '#libs/testing';
import { flexmlAdapter } from './index.js';

const SID = 'ea662226-9f71-44fe-858f-f8b624034974';
const DOCUMENT_URL = 'https://app.example.com/vm';
const NOW = new Date('2024-07-28T09:00:40.000Z');
/** The call of the bodies in contract §3.1. */
const CALL: CallIdentity = {
  callId: '4695bc4a0932bcd2e99492e523db9ee2',
  from: '15165550138',
  to: '15165550137',
  direction: 'inbound',
  vendor: { OriginalFrom: '+15165550138' },
};

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
}

function applicationWith(settings: Record<string, string> = {}, secrets: Record<string, string> = {}): ApplicationView {
  return { applicationId: 'app-1', tenantId: 'tenant-1', settings, secrets };
}

function parse(body: string, application = applicationWith(), url: string | null = DOCUMENT_URL): ParsedDocument {
  return flexmlAdapter.parse(
    { body, role: 'flow', url },
    { application, call: CALL, ids: seededIdSource(1), now: NOW },
  );
}

function record(attributes: string, application = applicationWith()): RecordAction {
  const [step] = records(parse(`<Response><Record ${attributes}/></Response>`, application).steps);
  if (step === undefined) throw new Error('no record step');
  return step;
}

function records(steps: readonly FlowStep[]): RecordAction[] {
  return steps.flatMap((step) => (step.kind === 'record' ? [step] : []));
}

function entryOf(parsed: ParsedDocument, path: string): AccountingEntry | undefined {
  return parsed.accounting.find((entry) => entry.path === path);
}

function refusal(body: string, url: string | null = DOCUMENT_URL): RecgateError {
  try {
    parse(body, applicationWith(), url);
  } catch (thrown) {
    if (thrown instanceof RecgateError) return thrown;
    throw thrown;
  }
  throw new Error('the document was accepted');
}

const FIXTURES: readonly VendorFixture[] = (
  [
    ['voicemail.xml', 1],
    ['session-s3.xml', 1, ['AKIA...']],
    ['session-container.xml', 1],
    ['session-aws.xml', 1, ['_AWS_ACCESS_KEY_', '_AWS_SECRET_ACCESS_KEY_']],
    ['session-gcp.xml', 1, ['_GCP_ACCESS_TOKEN_']],
    ['session-azure.xml', 1, ['_AZURE_ACCOUNT_KEY_']],
    ['callback-url.xml', 1],
    ['scenario-1-voicemail.xml', 1],
    ['scenario-1-goodbye.xml', 0],
    ['scenario-2-record.xml', 1],
    ['scenario-2-review.xml', 0],
    ['scenario-2-again.xml', 1],
    ['scenario-3-debug.xml', 1],
    ['scenario-5-full.xml', 1],
    ['scenario-5-error.xml', 0],
    ['scenario-6-empty.xml', 1],
    ['every-attribute.xml', 1, ['action-pw', 'callback-pw', 'status-pw']],
    ['tolerant.xml', 3, ['pw-in-background', 'session-token-canary', 'stream-pw', 'redirect-pw', 'text-pw']],
    [
      'two-stores.xml',
      5,
      [
        'AKIATWOSTORES',
        'two-stores-secret',
        'two-stores-sas',
        'incomplete-refresh',
        'refresh-canary',
        'client-canary',
        'client-secret-canary',
        'access-canary',
        'sv=third',
      ],
    ],
  ] as const
).map(([name, recordings, documentSecrets]) => ({
  name,
  document: { body: fixture(name), role: 'flow', url: DOCUMENT_URL },
  recordings,
  documentSecrets: documentSecrets ?? [],
  settings: {
    documentUrl: DOCUMENT_URL,
    statusCallbackUrl: 'https://app.example.com/ended',
    partnerSid: 'p',
    endpointSid: 'e',
  },
  secrets: { documentUserinfo: 'app:document-canary' },
}));

describeVendorAdapterContract(flexmlAdapter, FIXTURES, { damagedRuns: 40 });

describe('flexml: Record (contract §2)', () => {
  it('applies the defaults and says so', () => {
    const parsed = parse('<Response><Record/></Response>', applicationWith({ containerSid: SID }));
    expect(records(parsed.steps)[0]?.spec).toEqual({
      vendor: 'flexml',
      mode: 'blocking',
      start: 'now',
      parties: 'both',
      channels: 1,
      sampleRate: 8000,
      beep: false,
      stopKeys: '0123456789*#',
      silence: { initialMs: 5000, finalMs: 5000, level: 'auto' },
      maxDurationMs: 3_600_000,
      minDurationMs: 0,
      maxBytes: null,
      trim: 'both',
      followTransfer: false,
      playDuring: null,
      format: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
      encryption: null,
      destination: { kind: 'media-store', container: SID, file: null },
      ifExists: 'unique',
      retention: null,
      labels: {},
      transcription: null,
      subscriptions: [],
      continuation: null,
    });
    expect(
      Object.fromEntries(
        parsed.accounting.map((entry) => [entry.path.replace('/Response/Record[1]/@', ''), entry.value]),
      ),
    ).toEqual({
      recordSession: 'false',
      containerSid: SID,
      transcribe: 'false',
      direction: 'any',
      playBeep: 'false',
      finishOnKey: '0123456789*#',
      timeout: 5,
      maxLength: 3600,
      trim: 'trim-silence',
      fileFormat: 'wav',
    });
    expect(new Set(parsed.accounting.map((entry) => entry.outcome))).toEqual(new Set(['defaulted']));
  });

  it('takes every attribute over', () => {
    const { spec, secrets } = records(parse(fixture('every-attribute.xml')).steps)[0] ?? {};
    expect(spec).toEqual(
      expect.objectContaining({
        parties: 'callee',
        beep: true,
        stopKeys: '1*',
        silence: { initialMs: 7000, finalMs: 7000, level: 'auto' },
        maxDurationMs: 61_000,
        trim: 'none',
        playDuring: { url: 'https://app.example.com/music.mp3', loop: 3 },
        format: { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' },
        destination: { kind: 'media-store', container: null, file: SID },
        ifExists: 'append',
        retention: { ttlSeconds: 3600, action: 'delete' },
        labels: { integer_key_1: 42, string_key_1: 'a < b', integer_key_2: -7, string_key_2: 'é' },
        transcription: { locale: null, lowConfidenceThreshold: 0.25, lowConfidenceReplacement: '?', timeoutMs: 90_000 },
        continuation: {
          onCompleted: {
            purpose: 'action',
            url: 'https://app.example.com/a?x=1',
            method: 'GET',
            userinfo: { secret: 'action.userinfo' },
          },
          onFailed: { purpose: 'errorAction', url: 'https://app.example.com/e', method: 'GET', userinfo: null },
          onlyWithAudio: true,
          requires: 'available',
        },
      }),
    );
    expect(spec?.subscriptions.map(({ name, url, method, events }) => [name, url, method, events])).toEqual([
      [
        'recordingStatusCallback',
        'https://app.example.com/s',
        'GET',
        ['recording.failed', 'recording.absent', 'recording.discarded', 'recording.cancelled'],
      ],
      ['callbackUrl', 'https://app.example.com/c', 'POST', ['recording.available']],
      [
        'transcribeCallback',
        'https://app.example.com/t',
        'POST',
        ['transcription.available', 'transcription.failed', 'transcription.timeout'],
      ],
    ]);
    expect(secrets).toEqual({
      'action.userinfo': 'bob:action-pw',
      'callbackUrl.userinfo': 'bob:callback-pw',
      'recordingStatusCallback.userinfo': 'sue:status-pw',
    });
  });

  it('says honestly what is not carried out yet', () => {
    const dropped = parse(fixture('every-attribute.xml')).accounting.filter((entry) =>
      entry.reason?.startsWith('not yet executed'),
    );
    expect(dropped.map((entry) => entry.path.split('@')[1])).toEqual([
      'transcribe',
      'transcribeCallback',
      'transcribeTimeout',
      'transcribeLowConfidenceWordThreshold',
      'transcribeLowConfidenceWordReplacement',
      'fileSid',
      'fileMode',
      'backgroundAudioUrl',
      'backgroundAudioLoop',
      'lifecycleTtl',
      'lifecycleAction',
    ]);
  });

  it('gives line and column of each attribute', () => {
    const entry = entryOf(parse(fixture('voicemail.xml')), '/Response/Record[1]/@errorAction');
    expect(entry).toEqual({
      path: '/Response/Record[1]/@errorAction',
      value: '/vm/error/42',
      outcome: 'exact',
      to: 'spec.continuation.onFailed',
      line: 4,
      column: 46,
    });
  });

  it.each([
    ['', '0123456789*#'],
    ['finishOnKey="123"', '123'],
    ['finishOnKey="#"', '#'],
    ['finishOnKey="none"', ''],
    ['finishOnKey="NONE"', ''],
    ['finishOnKey="_"', ''],
    ['finishOnKey=""', ''],
    ['finishOnKey="1x2 1"', '12'],
  ])('reads the stop keys of <Record %s/>', (attributes, stopKeys) => {
    expect(record(attributes).spec.stopKeys).toBe(stopKeys);
  });

  it.each([
    ['any', 'both'],
    ['in', 'caller'],
    ['out', 'callee'],
    ['OUT', 'callee'],
  ])('records the right party for direction %s', (direction, parties) => {
    expect(record(`direction="${direction}"`).spec.parties).toBe(parties);
  });

  it('writes ul as raw mu-law', () => {
    expect(record('fileFormat="ul"').spec.format).toEqual({
      container: 'raw',
      codec: 'mulaw',
      bitrateKbps: null,
      extension: 'ul',
      contentType: 'audio/basic',
    });
  });

  it('lets neither silence nor keys end a background recording, but the maximum length', () => {
    const { spec } = record('recordSession="true" timeout="2" finishOnKey="#" maxLength="60" action="/never"');
    expect(spec).toEqual(
      expect.objectContaining({
        mode: 'background',
        stopKeys: '',
        silence: null,
        maxDurationMs: 60_000,
        continuation: null,
        followTransfer: true,
      }),
    );
  });

  it.each([
    ['completed', ['recording.available']],
    ['completed failed', ['recording.available', 'recording.failed']],
    ['failed,in-progress', ['recording.failed']],
    ['', ['recording.available', 'recording.failed']],
  ])('subscribes to the events "%s"', (words, events) => {
    const { spec } = record(`recordingStatusCallback="/s" recordingStatusCallbackEvent="${words}"`);
    expect(spec.subscriptions[0]?.events).toEqual(events);
  });

  it.each([
    ['', null],
    ['lifecycleAction="delete"', null],
    ['lifecycleTtl="60"', { ttlSeconds: 60, action: 'delete' }],
    ['lifecycleTtl="60" lifecycleAction="no_action"', null],
    ['lifecycleTtl="-1"', null],
  ])('deletes by age only with a lifecycleTtl: %s', (attributes, retention) => {
    expect(record(attributes).spec.retention).toEqual(retention);
  });

  it('takes the maximum length from the settings', () => {
    expect(record('', applicationWith({ defaultMaxLength: '30' })).spec.maxDurationMs).toBe(30_000);
    expect(() => record('', applicationWith({ defaultMaxLength: 'long' }))).toThrow(RecgateError);
  });
});

describe('flexml: destinations (contract §2.1, §2.2)', () => {
  it.each([
    ['', {}, { kind: 'media-store', container: null, file: null }],
    ['', { containerSid: SID }, { kind: 'media-store', container: SID, file: null }],
    [
      'containerSid="8d53344a-f312-40f8-93f5-bfba3f790b63"',
      { containerSid: SID },
      { kind: 'media-store', container: '8d53344a-f312-40f8-93f5-bfba3f790b63', file: null },
    ],
    [
      `fileSid="${SID}" containerSid="8d53344a-f312-40f8-93f5-bfba3f790b63"`,
      {},
      { kind: 'media-store', container: null, file: SID },
    ],
    [`fileSid="" containerSid="${SID}"`, {}, { kind: 'media-store', container: SID, file: null }],
  ])('<Record %s/> with settings %j', (attributes, settings, destination) => {
    expect(record(attributes, applicationWith(settings)).spec.destination).toEqual(destination);
  });

  it('keeps the credentials of S3, Google and Azure apart', () => {
    expect(
      record('awsAccessKey="AK" awsSecretKey="SK" awsBucketName="calls"', applicationWith({ s3Region: 'eu-west-1' })),
    ).toEqual(
      expect.objectContaining({
        spec: expect.objectContaining({
          destination: {
            kind: 's3',
            bucket: 'calls',
            key: null,
            region: 'eu-west-1',
            endpoint: null,
            addressing: null,
            accessKeyId: { secret: 'awsAccessKey' },
            secretAccessKey: { secret: 'awsSecretKey' },
          },
        }),
        secrets: { awsAccessKey: 'AK', awsSecretKey: 'SK' },
      }),
    );
    expect(record('gcpBucketName="b" gcpProject="p" gcpAccessToken="T"')).toEqual(
      expect.objectContaining({
        spec: expect.objectContaining({
          destination: {
            kind: 'gcs',
            bucket: 'b',
            project: 'p',
            key: null,
            endpoint: null,
            auth: { kind: 'accessToken', token: { secret: 'gcpAccessToken' } },
          },
        }),
        secrets: { gcpAccessToken: 'T' },
      }),
    );
    expect(record('azureAccountName="a" azureContainerName="c" azureSasToken="?sv=1"')).toEqual(
      expect.objectContaining({
        spec: expect.objectContaining({
          destination: {
            kind: 'azure-blob',
            account: 'a',
            container: 'c',
            key: null,
            endpoint: null,
            auth: { kind: 'sas', token: { secret: 'azureSasToken' } },
          },
        }),
        secrets: { azureSasToken: '?sv=1' },
      }),
    );
  });

  it('lets a recording fail whose store cannot be the one that was meant', () => {
    const steps = records(parse(fixture('two-stores.xml')).steps);
    expect(
      steps.map(({ spec: { destination } }) => (destination.kind === 'none' ? destination.reason : destination.kind)),
    ).toEqual([
      'invalid: storage attributes of aws and azure; only one store may be named',
      'invalid: missing gcpRefreshToken and gcpClientId and gcpClientSecret, or gcpAccessToken',
      'gcs',
      'invalid: azureContainerName cannot be a name of that store',
      'invalid: fileSid is not the sid of a file',
    ]);
    expect(steps.map(({ secrets }) => Object.keys(secrets))).toEqual([
      [],
      [],
      ['gcpRefreshToken', 'gcpClientId', 'gcpClientSecret'],
      [],
      [],
    ]);
    expect(steps[0]?.spec.continuation?.onFailed?.url).toBe('https://app.example.com/e');
  });

  it('names external objects by the sid, and keeps a given fileSid', () => {
    const ids = seededIdSource(5);
    const mint = (step: RecordAction): Readonly<Record<string, string>> =>
      flexmlAdapter.mintNames({
        spec: step.spec,
        recordingId: 'r',
        application: applicationWith(),
        call: CALL,
        ids,
        now: NOW,
      });
    const target = (step: RecordAction): string =>
      flexmlAdapter.nameObject(sampleRecording(step.spec, { fileSid: SID }), applicationWith()).name;
    expect(mint(record(`fileSid="${SID}"`))).toEqual({ fileSid: SID });
    expect(mint(record('')).fileSid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(target(record('fileFormat="mp3"'))).toBe(`f/${SID}.mp3`);
    expect(target(record('awsAccessKey="AK" awsSecretKey="SK" awsBucketName="calls"'))).toBe(`${SID}.wav`);
  });
});

describe('flexml: refusals', () => {
  it.each([
    ['maxLength="0"'],
    ['maxLength="1e309"'],
    ['maxLength="NaN"'],
    ['maxLength="99999999999"'],
    ['timeout="0"'],
    ['timeout="-5"'],
    ['timeout="2.5"'],
    ['direction="sideways"'],
    ['fileFormat="flac"'],
    ['trim="a-bit"'],
    ['playBeep="yes"'],
    ['action="/a" method="PUT"'],
    ['action="ftp://app.example.com/a"'],
    ['callbackUrl="http://"'],
    ['transcribe="true" transcribeLowConfidenceWordThreshold="1.5"'],
    ['integerKey1="seven"'],
    ['lifecycleTtl="60" lifecycleAction="burn"'],
    [`fileSid="${SID}" fileMode="prepend"`],
  ])('refuses <Record %s/> with its place', (attributes) => {
    const error = refusal(`<Response>\n  <Record ${attributes}/>\n</Response>`);
    expect([error.code, error.position?.line]).toEqual(['field.invalid', 2]);
    expect(error.field).toMatch(/^Record@/);
  });

  it.each([
    ['<Response><Gather><Record/></Gather></Response>'],
    ['<Response><Dial><record/></Dial></Response>'],
    ['<Response><Start><X><Record/></X></Start></Response>'],
    ['<Response><Record><Say>x</Say></Record></Response>'],
    ['<Response><Record><Record/></Record></Response>'],
  ])('refuses %s: Record stands alone and directly in Response (contract §2.3)', (body) => {
    expect(refusal(body).code).toBe('field.invalid');
  });

  it('refuses a relative URL of a document that came from nowhere', () => {
    expect(refusal('<Response><Record action="/next"/></Response>', null).field).toBe('Record@action');
  });

  it.each([
    ['<Response><Say>hi</Response>', 'document.malformed', 1, 28],
    ['<Response>\n<Record a="1" a="2"/>\n</Response>', 'document.malformed', 2, 21],
    ['<Response>&bomb;</Response>', 'document.malformed', 1, 16],
    ['<Answer/>', 'document.malformed', 1, 1],
    ['{"not":"xml"}', 'document.malformed', 1, 13],
    ['<!DOCTYPE r [<!ENTITY a "b">]>\n<Response/>', 'document.forbidden', 1, 1],
    [`<Response>${'<a>'.repeat(32)}`, 'document.too_deep', 1, 104],
    [`<Response>${' '.repeat(256 * 1024)}</Response>`, 'document.too_large', 1, 1],
  ])('refuses what cannot be read: %#', (body, code, line, column) => {
    const error = refusal(body);
    expect([error.code, error.position?.line, error.position?.column]).toEqual([code, line, column]);
  });

  it('tells every error of the XML with its place', () => {
    expect(refusal('<Response>\n<Say a=1>&x;</Say>\n</Respond>').message).toMatch(/2:\d+ .* · 2:\d+ .* · 3:\d+ /);
  });

  it('answers in the form of the vendor', () => {
    const error = refusal('<Response>\n  <Record direction="sideways"/>\n</Response>');
    expect(flexmlAdapter.renderError(error)).toEqual({
      status: 400,
      headers: { 'Content-Type': 'application/json' },
      body: {
        errors: [
          {
            message: 'Record@direction must be one of any, in, out (line 2, column 11)',
            type: 'field.invalid',
            field: 'Record@direction',
          },
        ],
      },
    });
  });
});

describe('flexml: other verbs (contract §5)', () => {
  function actions(body: string, application = applicationWith()): unknown[] {
    return parse(body, application).steps.map(({ at: _at, ...action }) => action);
  }

  it('reads the review document of the re-record loop', () => {
    const [gather, redirect] = actions(fixture('scenario-2-review.xml'));
    expect(gather).toEqual({
      kind: 'collectDigits',
      prompts: [
        expect.objectContaining({ kind: 'playMedia', url: `https://storage.carrierx.com/f/${SID}?format=1595927.wav` }),
        expect.objectContaining({ kind: 'wait', durationMs: 1000 }),
        expect.objectContaining({ kind: 'speak', text: 'Press 2 to keep it, 3 to record again.' }),
      ],
      maxDigits: 1,
      finishKeys: '',
      timeoutMs: 10_000,
      next: { purpose: 'action', url: 'https://app.example.com/review', method: 'POST', userinfo: null },
      nextWhenEmpty: false,
    });
    expect(redirect).toEqual({
      kind: 'fetch',
      request: { purpose: 'redirect', url: 'https://app.example.com/review/again', method: 'GET', userinfo: null },
    });
  });

  it('goes on after what it does not carry out', () => {
    expect(parse(fixture('scenario-3-debug.xml')).steps.map((step) => step.kind)).toEqual([
      'skipped',
      'record',
      'collectDigits',
      'hangup',
    ]);
    const tolerant = parse(fixture('tolerant.xml'));
    expect(tolerant.steps.map((step) => step.kind).join(' ')).toBe(
      'record record record skipped skipped playMedia playMedia sendDigits fetch skipped skipped skipped sendDigits sendDigits connect collectDigits fetch',
    );
    expect(tolerant.warnings.map((warning) => warning.message)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Frobnicate is skipped/),
        expect.stringMatching(/loudness/),
        expect.stringMatching(/given twice/),
      ]),
    );
  });

  it('plays files of its own store from the store URL', () => {
    expect(
      actions(
        `<Response><Play><File fileSid="${SID}"/></Play></Response>`,
        applicationWith({ storageUrl: 'http://127.0.0.1:8080/carrierx' }),
      ),
    ).toEqual([{ kind: 'playMedia', url: `http://127.0.0.1:8080/carrierx/f/${SID}`, repeat: 1, background: false }]);
  });

  it('sends the application its own credentials at relative URLs only', () => {
    const application = applicationWith({ documentUrl: DOCUMENT_URL }, { documentUserinfo: 'app:pw' });
    const [relative, absolute] = parse(
      '<Response><Redirect>/a</Redirect><Redirect>https://app.example.com/b</Redirect></Response>',
      application,
    ).steps;
    expect(relative).toEqual(
      expect.objectContaining({ request: expect.objectContaining({ userinfo: { secret: 'documentUserinfo' } }) }),
    );
    expect(absolute).toEqual(expect.objectContaining({ request: expect.objectContaining({ userinfo: null }) }));
  });
});

describe('flexml: requests, byte for byte (contract §3.1)', () => {
  const application = applicationWith();

  function recordingOf(attributes: string, overrides: Partial<RecordingView> = {}): RecordingView {
    const { spec } = record(attributes);
    const recording = sampleRecording(spec, { fileSid: SID }, { call: CALL, ...overrides });
    const rendition = sampleRendition(spec);
    return {
      ...recording,
      rendition,
      receipt: sampleReceipt(flexmlAdapter.nameObject(recording, application), rendition),
    };
  }

  function render(
    event: RecordingEventName,
    recording: RecordingView,
    app = application,
  ): (readonly [string, string, string, string | null])[] {
    const context = { recording, application: app, now: NOW, fallback: false };
    return flexmlAdapter
      .render(sampleEvent(event, recording), context)
      .map(({ purpose, request }) => [purpose, request.method, request.url, request.body] as const);
  }

  const ALL =
    'callbackUrl="/c" recordingStatusCallback="/s" recordingStatusCallbackEvent="completed,failed,absent" transcribe="true" transcribeCallback="/t"';

  it('sends both callbacks of a completed recording, the status callback first', () => {
    const body = fixture('bodies/completed.body');
    expect(render('recording.available', recordingOf(ALL))).toEqual([
      ['recordingStatusCallback', 'POST', 'https://app.example.com/s', body],
      ['callbackUrl', 'POST', 'https://app.example.com/c', body],
    ]);
  });

  it.each([
    ['recording.failed', 'failed', '/s'],
    ['recording.absent', 'absent', '/s'],
    ['transcription.available', 'transcription-completed', '/t'],
    ['transcription.timeout', 'transcription-timeout', '/t'],
    ['transcription.failed', 'transcription-failed', '/t'],
  ] as const)('sends %s as %s.body', (event, name, path) => {
    expect(render(event, recordingOf(ALL)).map(([, , url, body]) => [url, body])).toEqual([
      [`https://app.example.com${path}`, fixture(`bodies/${name}.body`)],
    ]);
  });

  it('tells of an empty recording only when asked to', () => {
    expect(render('recording.absent', recordingOf('recordingStatusCallback="/s" callbackUrl="/c"'))).toEqual([]);
    expect(render('recording.finished', recordingOf(ALL))).toEqual([]);
  });

  it('adds the fields to the query that is there for GET', () => {
    const recording = recordingOf('recordingStatusCallback="/vm/status?x=1" recordingStatusCallbackMethod="GET"');
    const [[, method, url, body] = []] = render('recording.available', recording);
    expect([method, body]).toEqual(['GET', null]);
    expect(url).toMatch(
      /^https:\/\/app\.example\.com\/vm\/status\?x=1&AccountSid=&ApiVersion=2\.0&CallSid=4695bc4a0932bcd2e99492e523db9ee2&/,
    );
    expect(url).toContain('&OriginalFrom=%2B15165550138&');
    expect(url).toMatch(new RegExp(`&RecordingUrl=https%3A%2F%2Fstorage\\.carrierx\\.com%2Ff%2F${SID}$`));
    const sent = Object.fromEntries([...new URL(url ?? '').searchParams].filter(([name]) => name !== 'x'));
    const posted = JSON.parse(fixture('bodies/completed.body')) as Record<string, unknown>;
    expect(sent).toEqual(Object.fromEntries(Object.entries(posted).map(([name, value]) => [name, String(value)])));
  });

  it('points at the object of an external store', () => {
    const recording = recordingOf('awsAccessKey="AK" awsSecretKey="SK" awsBucketName="calls" callbackUrl="/c"');
    const [[, , , body] = []] = render('recording.available', recording);
    expect(JSON.parse(body ?? '')).toEqual(
      expect.objectContaining({ RecordingSid: SID, RecordingUrl: `https://objects.example.com/${SID}.wav` }),
    );
  });

  it('says how the call ended once it has, in the words the application knows', () => {
    const ended = recordingOf('callbackUrl="/c"', { callState: 'ended' });
    const statusOf = (app: ApplicationView, recording = ended): unknown =>
      (JSON.parse(render('recording.available', recording, app)[0]?.[3] ?? '') as { CallStatus: unknown }).CallStatus;
    expect(statusOf(application)).toBe('completed');
    expect(statusOf(application, { ...ended, call: { ...CALL, vendor: { CallStatus: 'busy' } } })).toBe('busy');
  });

  function flowContext(overrides: Partial<FlowContext>): FlowContext {
    return {
      application,
      call: CALL,
      callState: 'answered',
      callDurationMs: 20_000,
      hangupBy: null,
      documentUrl: DOCUMENT_URL,
      flowState: {},
      recording: null,
      collected: null,
      error: null,
      now: NOW,
      ...overrides,
    };
  }

  it('sends action and errorAction', () => {
    const recording = recordingOf('action="/next" errorAction="/error"');
    const { onCompleted, onFailed } = recording.spec.continuation ?? {};
    if (!onCompleted || !onFailed) throw new Error('no continuation');
    expect(flexmlAdapter.renderFlowRequest(onCompleted, flowContext({ recording }))).toEqual({
      method: 'POST',
      url: 'https://app.example.com/next',
      headers: { 'Content-Type': 'application/json' },
      body: fixture('bodies/completed.body'),
      userinfo: null,
    });
    const failed = flexmlAdapter.renderFlowRequest(
      onFailed,
      flowContext({ recording: { ...recording, receipt: null, failure: SAMPLE_FAILURE } }),
    );
    expect([failed.url, failed.body]).toEqual(['https://app.example.com/error', fixture('bodies/failed.body')]);
  });

  it('sends the digits of Gather', () => {
    const next = { purpose: 'action', url: 'https://app.example.com/menu', method: 'POST', userinfo: null } as const;
    const bodyOf = (finishKey: string | null): string =>
      flexmlAdapter.renderFlowRequest(next, flowContext({ collected: { digits: '12', finishKey } })).body ?? '';
    expect(bodyOf('#')).toMatch(/"RequestUrl":"https:\/\/app\.example\.com\/vm","Digits":"12","FinishKey":"#"}$/);
    expect(bodyOf(null)).toMatch(/"Digits":"12","FinishKey":null}$/);
  });

  it('asks for the first document as captured from a live call (contract §1.2)', () => {
    const app = applicationWith({
      documentUrl: 'https://app.example.com/api/flexml',
      partnerSid: '155b6e31-4aa1-4c28-9c0f-f0156acaf7aa',
      endpointSid: '29e5638c-ef0b-4571-a4c2-e801db7bbe1a',
    });
    const call: CallIdentity = {
      callId: '3fdb6a4c-2e6a-11ee-bc46-b87d5ef56c18',
      from: '+19495550107',
      to: '15185550129',
      direction: 'inbound',
      vendor: { 'SipHeader_Call-ID': '1cc3f8@10.7.0.27' },
    };
    const request = flexmlAdapter.firstRequest(app, call);
    expect(request).toEqual({
      purpose: 'document',
      url: 'https://app.example.com/api/flexml',
      method: 'POST',
      userinfo: null,
    });
    if (request === null) return;
    const wire = flexmlAdapter.renderFlowRequest(request, flowContext({ application: app, call, documentUrl: null }));
    expect(wire.body).toBe(
      '{"AccountSid":"","ApiVersion":"2.0","CallSid":"3fdb6a4c-2e6a-11ee-bc46-b87d5ef56c18","CallStatus":"","CallerName":"","Direction":"inbound","From":"19495550107","To":"15185550129","OriginalFrom":"+19495550107","OriginalTo":"15185550129","RequestUrl":"https://app.example.com/api/flexml","PartnerSid":"155b6e31-4aa1-4c28-9c0f-f0156acaf7aa","EndpointSid":"29e5638c-ef0b-4571-a4c2-e801db7bbe1a","SipHeader_Call-ID":"1cc3f8@10.7.0.27"}',
    );
    expect(flexmlAdapter.firstRequest(applicationWith(), call)).toBeNull();
  });

  it('tells of the end of the call with its length', () => {
    const app = applicationWith(
      { statusCallbackUrl: 'https://app.example.com/ended' },
      { statusCallbackUserinfo: 'u:p' },
    );
    const [request] = flexmlAdapter.lastRequests(app, CALL);
    if (request === undefined) throw new Error('no status callback');
    const wire = flexmlAdapter.renderFlowRequest(
      request,
      flowContext({ application: app, callState: 'ended', callDurationMs: 63_200 }),
    );
    expect(wire).toEqual(
      expect.objectContaining({
        url: 'https://app.example.com/ended',
        body: fixture('bodies/call-ended.body'),
        userinfo: { secret: 'statusCallbackUserinfo' },
      }),
    );
    const older = applicationWith({ statusCallbackUrl: 'https://app.example.com/ended', callStatusWords: 'older' });
    const error = new RecgateError('document.malformed', 'x');
    expect(
      flexmlAdapter.renderFlowRequest(request, flowContext({ application: older, callState: 'ended', error })).body,
    ).toContain('"CallStatus":"app-error"');
    expect(
      flexmlAdapter.renderFlowRequest(request, flowContext({ callState: 'ended', callDurationMs: 0 })).body,
    ).toContain('"CallStatus":"noanswer"');
    expect(flexmlAdapter.lastRequests(applicationWith(), CALL)).toEqual([]);
  });

  it('calls the direction of a call placed by the API outbound-api', () => {
    const request = { purpose: 'redirect', url: 'https://app.example.com/', method: 'POST', userinfo: null } as const;
    expect(
      flexmlAdapter.renderFlowRequest(request, flowContext({ call: { ...CALL, direction: 'outbound' } })).body,
    ).toContain('"Direction":"outbound-api"');
  });
});

describe('flexml: documentation', () => {
  it('names every setting and every attribute', () => {
    const page = readFileSync(new URL('../../../docs/flexml.md', import.meta.url), 'utf8');
    const missing = [
      ...flexmlAdapter.settings.map(({ key }) => key),
      ...flexmlAdapter.capabilities.map(({ field }) => field.replace('Record@', '')),
    ].filter((name) => !page.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  it('shows the documents that the sample application hands out', () => {
    const app = new URL('../../../examples/flexml-app/', import.meta.url);
    const source = readFileSync(new URL('flexml-app.ts', app), 'utf8');
    for (const name of ['voicemail.xml', 'goodbye.xml']) {
      const document = readFileSync(new URL(name, app), 'utf8');
      expect(source).toContain(document);
      expect(parse(document).warnings).toEqual([]);
    }
  });
});
