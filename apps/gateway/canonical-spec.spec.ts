import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CALL, FileRecordings, first, UPLOAD } from './testing/file-recordings.js';
import { GatewayUnderTest, type Body } from './testing/gateway-under-test.js';

const CANARY = 'canary-5f2d91';
const CIPHER = { cipher: 'aes-cbc', keyBits: 128, key: { secret: 'k' }, vector: { secret: 'v' } };
const HEX = '00112233445566778899aabbccddeeff';

let gateway: GatewayUnderTest;
let recordings: FileRecordings;
let flexml: string;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  recordings = new FileRecordings(gateway);
  flexml = await gateway.application('flexml', { storageUrl: gateway.url });
});

afterAll(() => gateway.stop());

describe('a canonical spec', () => {
  it('has its defaults, its fields are accounted for', async () => {
    const spec = {
      maxDurationMs: 60_000,
      playDuring: { url: 'https://a.example.com/music.wav' },
      subscriptions: [{ name: 's', events: ['recording.available'], url: 'https://a.example.com/cb' }],
    };
    const started = await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, spec });
    expect(first(started)['spec']).toEqual({
      vendor: 'flexml',
      mode: 'background',
      start: 'now',
      parties: 'both',
      channels: 1,
      sampleRate: 8000,
      beep: false,
      stopKeys: '',
      silence: null,
      maxDurationMs: 60_000,
      minDurationMs: 0,
      maxBytes: null,
      trim: 'none',
      followTransfer: true,
      playDuring: { url: 'https://a.example.com/music.wav', loop: 1 },
      format: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
      encryption: null,
      destination: { kind: 'media-store', container: null, file: null },
      ifExists: 'unique',
      retention: null,
      labels: {},
      transcription: null,
      subscriptions: [
        {
          name: 's',
          events: ['recording.available'],
          url: 'https://a.example.com/cb',
          method: 'POST',
          userinfo: null,
          fallbackUrl: null,
          policy: 'durable',
        },
      ],
      continuation: null,
    });
    const accounting = started.json()['accounting'] as unknown as Body[];
    const outcomes = Object.fromEntries(accounting.map((entry) => [String(entry['path']), String(entry['outcome'])]));
    expect(outcomes).toMatchObject({
      '/spec/maxDurationMs': 'exact',
      '/spec/playDuring/url': 'exact',
      '/spec/subscriptions/0/events/0': 'exact',
      '/spec/format': 'defaulted',
    });
    const shown = first(started)['spec'] as Body;
    const repeated = await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, spec: shown });
    expect(first(repeated)['spec']).toEqual(shown);
  });

  it('keeps its credentials as references', async () => {
    const spec = {
      format: { container: 'mp3' },
      destination: {
        kind: 'gcs',
        bucket: 'calls',
        auth: { kind: 'hmac', accessKeyId: { secret: 'id' }, secretAccessKey: { secret: 'key' } },
      },
    };
    const started = await recordings.start({
      applicationId: flexml,
      source: UPLOAD,
      call: CALL,
      spec,
      secrets: { id: `${CANARY}-id`, key: `${CANARY}-key` },
    });
    expect(started.status).toBe(201);
    expect(first(started)['spec']).toMatchObject({
      format: { container: 'mp3', codec: 'mp3', contentType: 'audio/mpeg', extension: 'mp3' },
      destination: { project: null, key: null, auth: { kind: 'hmac', secretAccessKey: { secret: 'key' } } },
    });
  });

  it.each<[object, string, string]>([
    [{ spec: { sampleRate: 1 } }, 'spec.sampleRate', 'field.invalid'],
    [{ spec: { sampleRate: null } }, 'spec.sampleRate', 'field.invalid'],
    [{ spec: { maxDurationMs: 1e308 } }, 'spec.maxDurationMs', 'field.invalid'],
    [{ spec: { maxDurationMs: -1 } }, 'spec.maxDurationMs', 'field.invalid'],
    [{ spec: { maxDurationMs: 10.5 } }, 'spec.maxDurationMs', 'field.invalid'],
    [{ spec: { maxDurationMs: '60' } }, 'spec.maxDurationMs', 'field.invalid'],
    [{ spec: { maxDurationMs: 1000, minDurationMs: 2000 } }, 'spec.minDurationMs', 'field.invalid'],
    [{ spec: { channels: 3 } }, 'spec.channels', 'field.invalid'],
    [{ spec: { stopKeys: '#x' } }, 'spec.stopKeys', 'field.invalid'],
    [{ spec: { silence: { finalMs: 0 } } }, 'spec.silence.finalMs', 'field.invalid'],
    [{ spec: { silence: { level: 40_000 } } }, 'spec.silence.level', 'field.invalid'],
    [{ spec: { silence: [] } }, 'spec.silence', 'field.invalid'],
    [{ spec: { format: { container: 'mp3', codec: 'alaw' } } }, 'spec.format', 'field.invalid'],
    [{ spec: { format: { extension: '../x' } } }, 'spec.format.extension', 'field.invalid'],
    [{ spec: { labels: { a: { b: 1 } } } }, 'spec.labels', 'field.invalid'],
    [{ spec: { surprise: 1 } }, 'spec.surprise', 'field.invalid'],
    [{ spec: { vendor: 'kazoo' } }, 'spec.vendor', 'field.invalid'],
    [{ spec: { destination: { kind: 'ftp' } } }, 'spec.destination.kind', 'field.invalid'],
    [{ spec: { destination: 'x' } }, 'spec.destination', 'field.invalid'],
    [{ spec: { destination: { kind: 's3', bucket: 'calls' } } }, 'spec.destination.accessKeyId', 'field.invalid'],
    [
      { spec: { destination: { kind: 'media-store', container: '../x' } } },
      'spec.destination.container',
      'field.invalid',
    ],
    [
      { spec: { destination: { kind: 'http-upload', url: 'https://u:p@a.example.com/' } } },
      'spec.destination.url',
      'field.invalid',
    ],
    [
      { spec: { destination: { kind: 'http-upload', url: 'file:///etc/passwd' } } },
      'spec.destination.url',
      'field.invalid',
    ],
    [
      { spec: { destination: { kind: 'http-upload', url: 'https://a.example.com/', userinfo: { secret: 'who' } } } },
      'spec.destination.userinfo.secret',
      'field.invalid',
    ],
    [
      {
        spec: {
          destination: { kind: 'http-upload', url: 'https://a.example.com/', userinfo: { secret: 'constructor' } },
        },
      },
      'spec.destination.userinfo.secret',
      'field.invalid',
    ],
    [{ spec: { subscriptions: [{ name: 'a', events: ['x'] }] } }, 'spec.subscriptions.0.events', 'field.invalid'],
    [
      {
        spec: {
          subscriptions: [
            { name: 'a', events: [] },
            { name: 'a', events: [] },
          ],
        },
      },
      'spec.subscriptions.1.name',
      'field.invalid',
    ],
    [{ spec: {}, secrets: { unused: 'x' } }, 'secrets.unused', 'field.invalid'],
    [{ spec: { encryption: CIPHER }, secrets: { k: '00', v: HEX } }, 'secrets.k', 'field.invalid'],
    [{ spec: { encryption: CIPHER }, secrets: { k: HEX, v: 'g'.repeat(32) } }, 'secrets.v', 'field.invalid'],
    [{ spec: { encryption: CIPHER, format: { container: 'mp3' } }, secrets: { k: HEX, v: HEX } }, 'spec.encryption', 'field.invalid'],
    [{ spec: {}, secrets: { a: 7 } }, 'secrets', 'field.invalid'],
    [{ spec: {}, document: '<Response/>' }, 'spec', 'field.invalid'],
    [{ spec: {}, callRef: 'call_x' }, 'source', 'field.invalid'],
    [{}, 'document', 'field.missing'],
    [{ spec: {}, call: undefined }, 'call', 'field.missing'],
    [{ spec: {}, applicationId: undefined }, 'applicationId', 'field.missing'],
    [{ spec: {}, source: undefined }, 'callRef', 'field.missing'],
    [{ spec: {}, source: { kind: 'url' } }, 'source.url', 'field.invalid'],
    [{ spec: {}, source: { kind: 'url', url: 'ftp://a/b' } }, 'source.url', 'field.invalid'],
    [{ spec: {}, source: { kind: 'upload', url: 'https://a.example.com/' } }, 'source.url', 'field.invalid'],
    [{ spec: {}, source: { kind: 'tape' } }, 'source.kind', 'field.invalid'],
    [{ spec: {}, call: { from: 1, to: 'b' } }, 'call.from', 'field.invalid'],
  ])('%j is refused naming %s', async (change, field, code) => {
    const answer = await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, ...change });
    expect([answer.status, answer.json()['code'], answer.json()['field']]).toEqual([400, code, field]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
});
