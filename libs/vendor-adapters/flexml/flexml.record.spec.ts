import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { RecgateError, type AccountingEntry, type ParsedDocument, type RecordAction } from '#libs/recording-model';
import { applicationWith, parseDocument, recordActions } from '#libs/testing';
import { flexmlAdapter } from './index.js';

const SID = 'ea662226-9f71-44fe-858f-f8b624034974';

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
}

function parse(
  body: string,
  application = applicationWith(),
  url: string | null = 'https://app.example.com/vm',
): ParsedDocument {
  return parseDocument(flexmlAdapter, body, { application, url });
}

function record(attributes: string, application = applicationWith()): RecordAction {
  const [step] = recordActions(parse(`<Response><Record ${attributes}/></Response>`, application).steps);
  if (step === undefined) throw new Error('no record step');
  return step;
}

function entryOf(parsed: ParsedDocument, path: string): AccountingEntry | undefined {
  return parsed.accounting.find((entry) => entry.path === path);
}

describe('flexml: Record (contract §2)', () => {
  it('applies the defaults and says so', () => {
    const parsed = parse('<Response><Record/></Response>', applicationWith({ containerSid: SID }));
    expect(recordActions(parsed.steps)[0]?.spec).toEqual({
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
    const { spec, secrets } = recordActions(parse(fixture('every-attribute.xml')).steps)[0] ?? {};
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

  it('carries out every attribute of Record, but for a container beside a file', () => {
    const dropped = parse(fixture('every-attribute.xml')).accounting.filter(({ outcome }) => outcome === 'dropped');
    expect(dropped.map(({ path }) => path)).toEqual(['/Response/Record[1]/@containerSid']);
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
    ['lifecycleTtl="60" lifecycleAction="no_action"', { ttlSeconds: -1, action: 'delete' }],
    ['lifecycleTtl="-1"', { ttlSeconds: -1, action: 'delete' }],
  ])('deletes by age only with a lifecycleTtl: %s', (attributes, retention) => {
    expect(record(attributes).spec.retention).toEqual(retention);
  });

  it('takes the maximum length from the settings', () => {
    expect(record('', applicationWith({ defaultMaxLength: '30' })).spec.maxDurationMs).toBe(30_000);
    expect(() => record('', applicationWith({ defaultMaxLength: 'long' }))).toThrow(RecgateError);
  });
});
