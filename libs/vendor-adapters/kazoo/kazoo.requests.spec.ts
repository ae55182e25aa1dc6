import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ApplicationView, CaptureResult, RecordAction, RecordingView } from '#libs/recording-model';
import { SAMPLE_CAPTURE, sampleRecording, seededIdSource } from '#libs/testing';
import { kazooAdapter, kazooRecordingDocument } from './index.js';
import { diskName } from './kazoo.format.js';

/** The call of the contract's examples (contract §2.2, §2.4). */
const CALL = {
  callId: '7f3a2c1e@192.0.2.10',
  from: '1001@acme.sip.example.com',
  to: '2000@acme.sip.example.com',
  direction: 'inbound',
  vendor: {
    caller_id_name: 'Jane Doe',
    caller_id_number: '+14155550111',
    callee_id_name: 'Support',
    owner_id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11',
    custom_channel_vars: { account_id: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5', authorizing_type: 'device' },
  },
} as const;

const NAMES = {
  recordingId: '202611-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  mediaName: 'b1946ac92492d2347c6235b4d2611184.mp3',
  cdrId: '202611-7f3a2c1e@192.0.2.10',
  interactionId: '63931234567-9c1d2e3f',
};

const CAPTURE: CaptureResult = {
  ...SAMPLE_CAPTURE,
  startedAt: '2025-11-24T20:16:10.250Z',
  endedAt: '2025-11-24T20:17:11.490Z',
  sampleRate: 16_000,
  channels: 2,
  capturedSamples: 979_840,
  trimLeadingSamples: 0,
};

const ACCOUNT = { accountId: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5' };

function application(settings: Record<string, string> = {}): ApplicationView {
  return { applicationId: 'app-1', tenantId: 'tenant-1', settings: { ...ACCOUNT, ...settings }, secrets: {} };
}

function record(data: object, settings: Record<string, string> = {}): RecordAction {
  const body = JSON.stringify({ module: 'record_call', data });
  const context = {
    application: application(settings),
    call: CALL,
    ids: seededIdSource(1),
    now: new Date('2026-11-20T12:00:00Z'),
  };
  const step = kazooAdapter.parse({ body, role: 'flow', url: null }, context).steps[0];
  if (step?.kind !== 'record') throw new Error('the document records nothing');
  return step;
}

function recording(
  data: object,
  settings: Record<string, string> = {},
  overrides: Partial<RecordingView> = {},
): RecordingView {
  return sampleRecording(record(data, settings).spec, NAMES, { call: CALL, capture: CAPTURE, ...overrides });
}

const PARAMETERS =
  'from=1001%40acme.sip.example.com&to=2000%40acme.sip.example.com&caller_id_name=Jane%20Doe&caller_id_number=%2B14155550111' +
  '&call_id=7f3a2c1e%40192.0.2.10&cdr_id=202611-7f3a2c1e%40192.0.2.10&interaction_id=63931234567-9c1d2e3f' +
  '&owner_id=6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11&account_id=4a6b863f72f7a7b1c2c7a7a1f2b3c4d5&start=63931234570' +
  '&duration_ms=61240&recording_id=202611-0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const FILE = 'call_recording_7f3a2c1e%40192.0.2.10.mp3';

describe('the upload request (contract §2.2)', () => {
  const nameOf = (url: string, data: object = {}, settings: Record<string, string> = {}): string =>
    kazooAdapter.nameObject(recording({ url, ...data }, settings), application(settings)).name;

  it('is the example of the contract, byte for byte', () => {
    const target = kazooAdapter.nameObject(recording({ url: 'https://rec.example.com/kzr' }), application());
    expect(target).toEqual({
      destination: { kind: 'http-upload', url: 'https://rec.example.com/kzr', method: 'PUT', userinfo: null },
      name: `https://rec.example.com/kzr/${FILE}?${PARAMETERS}`,
      contentType: 'audio/mpeg',
    });
  });

  it.each([
    ['https://rec.example.com', `https://rec.example.com/${FILE}?`],
    ['https://rec.example.com/kzr/', `https://rec.example.com/kzr/${FILE}?`],
    ['https://rec.example.com/kzr?recording=', `https://rec.example.com/kzr?recording=${FILE}&`],
    ['https://rec.example.com/kzr?recording', `https://rec.example.com/kzr?recording=${FILE}&`],
    ['https://rec.example.com/kzr?a=b', `https://rec.example.com/kzr?a=b&recording=${FILE}&`],
    ['https://rec.example.com/kzr?a=b&name=', `https://rec.example.com/kzr?a=b&name=${FILE}&`],
    ['https://rec.example.com/kzr/?a=b#top', `https://rec.example.com/kzr/?a=b&recording=${FILE}&`],
  ])('puts the file name into %s', (base, start) => {
    expect(nameOf(base)).toBe(start + PARAMETERS);
  });

  it('names the file by the requested format in 4.3 and by what it is later', () => {
    const data = { media_name: 'x', format: 'wav' };
    expect(nameOf('https://r.example.com', data)).toContain('192.0.2.10.wav?');
    expect(nameOf('https://r.example.com', data, { version: '5.x' })).toContain('192.0.2.10.mp3?');
    expect(nameOf('https://r.example.com', { media_name: 'x.wav' })).toContain('192.0.2.10.wav?');
  });

  it('sends the parameters of the other generations in their order', () => {
    const order = (version: string) =>
      [...new URL(nameOf('https://r.example.com', {}, { version })).searchParams.keys()].join();
    const first = 'from,to,caller_id_name,caller_id_number,call_id,cdr_id,interaction_id,account_id';
    expect(order('master')).toBe(first);
    expect(order('5.x')).toBe(`${first},duration_ms,owner_id,start,recording_id`);
  });

  it('keeps parameters without a value', () => {
    const bare = recording(
      { url: 'https://r.example.com' },
      {},
      { call: { ...CALL, vendor: {} }, capture: null, startedAt: null },
    );
    const { name } = kazooAdapter.nameObject(bare, application());
    expect(name).toContain('&caller_id_name=&caller_id_number=1001&');
    expect(name).toContain(
      '&owner_id=&account_id=4a6b863f72f7a7b1c2c7a7a1f2b3c4d5&start=&duration_ms=&recording_id=202611-',
    );
  });

  it('stays one valid URL whatever the call is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (callId, name) => {
        const view = recording(
          { url: 'https://r.example.com/x' },
          {},
          { call: { ...CALL, callId, vendor: { caller_id_name: name } } },
        );
        const url = new URL(kazooAdapter.nameObject(view, application()).name);
        expect(url.origin).toBe('https://r.example.com');
        expect(url.pathname.split('/')).toHaveLength(3);
        expect(url.searchParams.get('call_id')).toBe(callId.toWellFormed());
        expect([...url.searchParams.keys()]).toHaveLength(12);
      }),
    );
  });
});

describe('the metadata document (contract §2.4)', () => {
  it('is the example of the contract', () => {
    const view = recording({ url: 'https://rec.example.com/kzr', label: 'support line' });
    expect(JSON.stringify(kazooRecordingDocument(view, application()))).toBe(
      JSON.stringify({
        id: '202611-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
        name: 'b1946ac92492d2347c6235b4d2611184.mp3',
        description: 'recording b1946ac92492d2347c6235b4d2611184.mp3',
        content_type: 'audio/mpeg',
        media_type: 'mp3',
        media_source: 'recorded',
        source_type: 'kzc_recording',
        from: '1001@acme.sip.example.com',
        to: '2000@acme.sip.example.com',
        request: '2000@acme.sip.example.com',
        direction: 'inbound',
        start: 63931234570,
        duration: 61,
        duration_ms: 61240,
        caller_id_number: '+14155550111',
        caller_id_name: 'Jane Doe',
        callee_id_number: '2000',
        callee_id_name: 'Support',
        call_id: '7f3a2c1e@192.0.2.10',
        cdr_id: '202611-7f3a2c1e@192.0.2.10',
        interaction_id: '63931234567-9c1d2e3f',
        owner_id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11',
        url: 'https://rec.example.com/kzr',
        origin: 'callflow : support line',
        custom_channel_vars: { account_id: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5', authorizing_type: 'device' },
      }),
    );
  });

  it('writes the media type with its dot and the other source in later generations', () => {
    const settings = { version: '5.x' };
    const view = recording({ url: 'https://rec.example.com/kzr' }, settings);
    expect(kazooRecordingDocument(view, application(settings))).toMatchObject({
      media_type: '.mp3',
      source_type: 'media_recording',
    });
  });
});

describe('names', () => {
  it.each([
    ['x', 'x.mp3'],
    ['x.wav', 'x.wav'],
    ['a b.ogg', 'a+b%2Eogg.mp3'],
    ['/var/rec/x y.mp3', 'x+y.mp3'],
    ['../../etc/passwd', '%2E%2E%2F%2E%2E%2Fetc%2Fpasswd.mp3'],
    ['über.wav', '%C3%BCber.wav'],
    ['.wav', '%2Ewav.mp3'],
    ['/', '.mp3'],
  ])('writes %j to disk as %s (contract §1.2)', (mediaName, name) => {
    expect(diskName(mediaName, 'mp3').name).toBe(name);
  });

  it('are safe for any media name, media id and call id, in every store', () => {
    const plan = (handler: string, settings: object) =>
      JSON.stringify({
        attachments: { h: { handler, settings } },
        plan: {
          modb: { types: { call_recording: { attachments: { handler: 'h', params: { folder_path: '../up' } } } } },
        },
      });
    const stores = [
      { storeRecordings: 'true' },
      {
        storagePlan: plan('s3', {
          bucket: 'recordings',
          key: 'k',
          secret: 's',
          field_list: [{ field: 'call_id' }, { arg: 'attachment' }],
        }),
      },
      { storagePlan: plan('azure', { account: 'a', container: 'c', key: 'k' }) },
      { storagePlan: plan('http', { url: 'https://files.example.com/in/' }) },
    ];
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('..', '/', '../..', '..\\..', '.', '\u0000'));
    fc.assert(
      fc.property(fc.constantFrom(...stores), texts, texts, texts, (store, mediaName, mediaId, callId) => {
        const settings = { ...store, version: '5.x' };
        const call = { ...CALL, callId };
        const { spec } = record({ media_name: mediaName, media_id: mediaId }, settings);
        const context = {
          application: application(settings),
          call,
          ids: seededIdSource(1),
          now: new Date('2026-11-20T12:00:00Z'),
        };
        const names = kazooAdapter.mintNames({ ...context, spec, recordingId: 'r1' });
        const target = kazooAdapter.nameObject(sampleRecording(spec, names, { call }), application(settings));
        expect(target.name).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(target.name.split(/[/\\]/)).not.toContain('..');
        expect(target.name).not.toMatch(/^[/\\.]/);
      }),
    );
  });

  it('follow the storage plan (contract §2.5)', () => {
    const plan = (handler: string, settings: object) =>
      JSON.stringify({
        data: {
          attachments: { h: { handler, settings } },
          plan: {
            modb: { types: { call_recording: { attachments: { handler: 'h', params: { folder_path: 'calls' } } } } },
          },
        },
      });
    const nameBy = (handler: string, handlerSettings: object): string => {
      const settings = { storagePlan: plan(handler, handlerSettings) };
      return kazooAdapter.nameObject(recording({}, settings), application(settings)).name;
    };
    const file = `${NAMES.recordingId}_${NAMES.mediaName}`;
    const s3 = { bucket: 'recordings', key: 'k', secret: 's' };
    expect(nameBy('s3', s3)).toBe(`calls/account/4a/6b/863f72f7a7b1c2c7a7a1f2b3c4d5-202611/${file}`);
    expect(
      nameBy('s3', {
        ...s3,
        folder_base_path: 'base',
        field_separator: '-',
        field_list: [{ const: 'c' }, { field: 'direction' }, { field: 'none' }, { arg: 'id' }],
      }),
    ).toBe(`base/calls/c-inbound-${NAMES.recordingId}`);
    expect(nameBy('azure', { account: 'a', container: 'c', key: 'k' })).toBe(`calls/${file}`);
    expect(nameBy('http', { url: 'https://files.example.com/in' })).toBe(
      `https://files.example.com/in/calls/${ACCOUNT.accountId}/${CALL.vendor.owner_id}/${NAMES.recordingId}/${NAMES.mediaName}`,
    );
  });

  it('are minted in the vendor form, one interaction a call', () => {
    const context = {
      application: application(),
      call: CALL,
      ids: seededIdSource(1),
      now: new Date('2026-11-20T12:00:00Z'),
    };
    const names = kazooAdapter.mintNames({ ...context, spec: record({}).spec, recordingId: 'r1' });
    expect(names).toEqual({
      recordingId: expect.stringMatching(/^202611-[0-9a-f]{32}$/),
      mediaName: expect.stringMatching(/^[0-9a-f]{32}\.mp3$/),
      cdrId: '202611-7f3a2c1e@192.0.2.10',
      interactionId: expect.stringMatching(/^63962395200-[0-9a-f]{8}$/),
    });
  });
});

describe('the first request', () => {
  it('asks for the callflow as Pivot does', () => {
    const app = application({ callflowUrl: 'https://app.example.com/callflow?x=1' });
    const request = kazooAdapter.firstRequest(app, CALL);
    if (request === null) throw new Error('there is no first request');
    const context = {
      application: app,
      call: CALL,
      callState: 'ringing',
      callDurationMs: 0,
      answered: false,
      hangupBy: null,
      documentUrl: null,
      flowState: {},
      recording: null,
      collected: null,
      error: null,
      now: new Date(0),
    } as const;
    const wire = kazooAdapter.renderFlowRequest(request, context);
    expect(Object.fromEntries(new URL(wire.url).searchParams)).toEqual({
      x: '1',
      'Account-ID': ACCOUNT.accountId,
      'Api-Version': '4.x',
      'Call-ID': '7f3a2c1e@192.0.2.10',
      'Caller-ID-Name': 'Jane Doe',
      'Caller-ID-Number': '+14155550111',
      Direction: 'inbound',
      From: '1001',
      'From-Realm': 'acme.sip.example.com',
      'Owner-ID': '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11',
      To: '2000',
      'To-Realm': 'acme.sip.example.com',
    });
    expect(kazooAdapter.firstRequest(application(), CALL)).toBeNull();
  });
});
