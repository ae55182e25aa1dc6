import {
  type FlowRequest,
  type RecordAction,
  type RecordingFormat,
  type RecordingSpec,
  type SilenceRule,
  type Subscription,
} from '#libs/recording-model';
import { encryptionCipher } from './aculab.cipher.js';
import { farEndOf } from './aculab.instance-info.js';
import { dropAll } from './aculab.document-scope.js';
import type { ObjectReader } from './aculab.object-reader.js';
import { compandingOf, type G711Law } from './aculab.settings.js';
import { webPageRequest } from './aculab.web-page-request.js';

/** Defaults of the `record` action (contract §2). */
export const RECORD_DEFAULTS = {
  id: '',
  barge_in_digits: '#',
  seconds_max_duration: 60,
  milliseconds_max_silence: 3000,
  milliseconds_max_initial_silence: 0,
  beep_on_start: false,
} as const;

/** Members that came with version 2 (contract §1.8); in a version 1 action they are unknown and have no effect. */
const V2_MEMBERS = ['id', 'milliseconds_max_initial_silence', 'recording_available_page'] as const;
const LAWS = { alaw: 'alaw', ulaw: 'mulaw' } as const satisfies Record<G711Law, RecordingFormat['codec']>;

export interface ReadRecordAction extends RecordAction {
  readonly nextPage: FlowRequest | null;
}

/**
 * Maps a `record` action (contract §2) to its recording. It blocks the flow, records the far end alone in mono at 8 kHz
 * and begins with the first sound.
 * @throws RecgateError for each value that §11 tells to refuse.
 */
export function recordAction(record: ObjectReader, token: string | null): ReadRecordAction {
  const { scope } = record;
  if (scope.version === 1) ignoreV2Members(record);
  const id = scope.version === 1 ? '' : text(record, 'id', 'spec.labels.id');
  const nextPage = nextPageOf(record);
  const spec: RecordingSpec = {
    vendor: 'aculab',
    mode: 'blocking',
    start: 'onFirstSound',
    // The far end of the call; `record` never hears anybody else.
    parties: farEndOf(scope.call),
    channels: 1,
    sampleRate: 8000,
    beep: beepOnStart(record),
    stopKeys: bargeInDigits(record),
    silence: silenceRule(record),
    maxDurationMs: maxDurationMs(record),
    minDurationMs: 0,
    maxBytes: null,
    trim: 'leading',
    followTransfer: false,
    playDuring: null,
    format: fileFormat(record),
    encryption: encryptionCipher(record, 'encryption_cipher'),
    destination: { kind: 'media-store', container: null, file: null },
    ifExists: 'unique',
    retention: null,
    labels: { id, ...(token === null ? {} : { token }) },
    transcription: null,
    subscriptions: scope.version === 1 ? [] : availablePage(record),
    continuation:
      nextPage === null
        ? null
        : { onCompleted: nextPage, onFailed: nextPage, onlyWithAudio: false, requires: 'captured' },
  };
  return { kind: 'record', spec, secrets: scope.secrets, nextPage };
}

function ignoreV2Members(record: ObjectReader): void {
  for (const name of V2_MEMBERS.filter((each) => record.names().includes(each))) {
    record.scope.warn(`${name} exists from version 2 of the API and is ignored`, record.path(name));
    dropAll(record.scope, record.path(name), 'exists from version 2 of the API');
  }
}

/** Version 2 requires the next page; version 1 goes on with the next action when there is none (contract §1.8). */
function nextPageOf(record: ObjectReader): FlowRequest | null {
  const to = 'spec.continuation.onCompleted';
  if (!record.has('next_page') && record.scope.version === 2) throw record.missing('next_page');
  if (!record.names().includes('next_page')) record.scope.accounts.defaulted(record.path('next_page'), null, { to });
  return webPageRequest(record, 'next_page', to);
}

function text(record: ObjectReader, name: 'id' | 'barge_in_digits', to: string): string {
  return record.string(name, { to }) ?? defaulted(record, name, to);
}

/** Any of `0-9*#A-D`; the empty text: no key ends the recording. */
function bargeInDigits(record: ObjectReader): string {
  const digits = text(record, 'barge_in_digits', 'spec.stopKeys');
  if (!/^[0-9*#A-D]*$/.test(digits))
    throw record.refused('barge_in_digits', 'may hold only the keys 0-9, *, # and A-D');
  return digits;
}

function beepOnStart(record: ObjectReader): boolean {
  return record.boolean('beep_on_start', { to: 'spec.beep' }) ?? defaulted(record, 'beep_on_start', 'spec.beep');
}

function maxDurationMs(record: ObjectReader): number {
  const rule = { to: 'spec.maxDurationMs', outcome: 'converted', reason: 'seconds to milliseconds' } as const;
  const seconds = record.integer('seconds_max_duration', 1, rule) ?? defaulted(record, 'seconds_max_duration', rule.to);
  return seconds * 1000;
}

/** An initial silence of 0 waits for the first sound as long as silence may last later on. */
function silenceRule(record: ObjectReader): SilenceRule {
  const final = { to: 'spec.silence.finalMs' };
  const finalMs =
    record.integer('milliseconds_max_silence', 1, final) ?? defaulted(record, 'milliseconds_max_silence', final.to);
  return { initialMs: initialSilenceMs(record) || finalMs, finalMs, level: 'auto' };
}

function initialSilenceMs(record: ObjectReader): number {
  if (record.scope.version === 1) return 0;
  const name = 'milliseconds_max_initial_silence';
  const to = 'spec.silence.initialMs';
  const standsForFinal = record.value(name) === 0;
  const rule = standsForFinal
    ? ({ to, outcome: 'converted', reason: '0 stands for milliseconds_max_silence' } as const)
    : { to };
  return record.integer(name, 0, rule) ?? defaulted(record, name, to);
}

function fileFormat(record: ObjectReader): RecordingFormat {
  const to = 'spec.format.codec';
  const written = record.value('format');
  if (written !== undefined && written !== 'alaw' && written !== 'ulaw')
    throw record.refused('format', 'must be "alaw" or "ulaw"');
  record.string('format', { to });
  const law = written ?? compandingOf(record.scope.application);
  if (!record.names().includes('format')) record.scope.accounts.defaulted(record.path('format'), law, { to });
  return { container: 'wav', codec: LAWS[law], bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' };
}

/** Told once the file is stored (contract §5.5); a recording that left no file is never announced. */
function availablePage(record: ObjectReader): readonly Subscription[] {
  const name = 'recording_available_page';
  const to = `spec.subscriptions.${name}`;
  if (!record.names().includes(name)) record.scope.accounts.defaulted(record.path(name), null, { to });
  const page = webPageRequest(record, name, to);
  if (page === null) return [];
  const { url, method, userinfo } = page;
  return [{ name, events: ['recording.available'], url, method, userinfo, fallbackUrl: null, policy: 'durable' }];
}

/** The vendor's default, listed as such unless the member is written as null. */
function defaulted<Name extends keyof typeof RECORD_DEFAULTS>(
  record: ObjectReader,
  name: Name,
  to: string,
): (typeof RECORD_DEFAULTS)[Name] {
  if (!record.names().includes(name)) record.scope.accounts.defaulted(record.path(name), RECORD_DEFAULTS[name], { to });
  return RECORD_DEFAULTS[name];
}
