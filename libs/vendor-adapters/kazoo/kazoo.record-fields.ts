import {
  type JsonValue,
  type RecordingSpec,
  type SilenceRule,
  type TranscriptionRule,
} from '#libs/recording-model';
import { isJsonObject } from '../shared/index.js';
import { diskName, encodedAs, type KazooExtension } from './kazoo.format.js';
import { asFlag, asInteger } from './kazoo.schema.js';
import type { FieldReader, FieldRule, KazooScope, Reading } from './kazoo.scope.js';

/** Rates the engine records at; Kazoo would take any (contract §1.2 `record_sample_rate`). */
const SAMPLE_RATES = [8000, 16_000] as const;
const STEREO_SAMPLE_RATE = 16_000;
const MONO_SAMPLE_RATE = 8000;
/** What the media server makes of a limit of 0 (contract §1.2 `time_limit`). */
const ZERO_LIMIT_SECONDS = 3600;
const SAVED_LIMIT_SECONDS = 3600;
/** In milliseconds still a number that every part of the gateway can hold. */
const LONGEST_MINIMUM_SECONDS = 2_147_483;

/** `time_limit` in ms: clamped to the deployment's maximum; absent: 3600 s when saved, the maximum when raw. */
export function timeLimitMs(data: FieldReader, scope: KazooScope): number {
  const most = scope.settings.maxRecordingTimeLimit;
  const absent = scope.mode === 'saved' ? Math.min(SAVED_LIMIT_SECONDS, most) : most;
  const limit = data.take('time_limit', {
    to: 'spec.maxDurationMs',
    fallback: absent,
    shown: absent,
    because: scope.mode === 'saved' ? 'default of the schema' : 'max_recording_time_limit',
    read: (value): Reading<number> | undefined => {
      const seconds = roundedInteger(value);
      if (seconds === undefined) return undefined;
      if (seconds <= 0) {
        const warning = `A time_limit of ${seconds} counts as ${ZERO_LIMIT_SECONDS} s`;
        return {
          value: Math.min(ZERO_LIMIT_SECONDS, most),
          outcome: 'converted',
          reason: 'no endless recording',
          warning,
        };
      }
      if (seconds > most) {
        return {
          value: most,
          outcome: 'converted',
          reason: `limited to ${most} s`,
          warning: `time_limit is limited to ${most} s`,
        };
      }
      return { value: seconds, outcome: 'converted', reason: 'seconds to milliseconds' };
    },
  });
  return limit * 1000;
}

/** `record_min_sec` in ms. */
export function minDurationMs(data: FieldReader, scope: KazooScope): number {
  const least = scope.settings.recordMinSec;
  const seconds = data.take('record_min_sec', {
    to: 'spec.minDurationMs',
    fallback: least,
    shown: least,
    read: (value) => {
      const number = roundedInteger(value);
      if (number === undefined) return undefined;
      const seconds = Math.min(Math.max(0, number), LONGEST_MINIMUM_SECONDS);
      return {
        value: seconds,
        outcome: 'converted',
        reason: 'seconds to milliseconds',
        ...(seconds > scope.settings.maxRecordingTimeLimit
          ? { warning: 'No recording can be as long as record_min_sec: each will be discarded' }
          : {}),
      };
    },
  });
  return seconds * 1000;
}

/** `record_sample_rate`, moved to the nearest rate the engine has. */
export function sampleRate(data: FieldReader, channels: 1 | 2): number {
  const absent = channels === 2 ? STEREO_SAMPLE_RATE : MONO_SAMPLE_RATE;
  return data.take('record_sample_rate', {
    to: 'spec.sampleRate',
    fallback: absent,
    shown: absent,
    read: (value) => {
      const rate = roundedInteger(value);
      if (rate === undefined || rate <= 0) return undefined;
      const near = SAMPLE_RATES.reduce((best, each) => (Math.abs(each - rate) < Math.abs(best - rate) ? each : best));
      if (near === rate) return { value: rate };
      return {
        value: near,
        outcome: 'converted',
        reason: `nearest rate is ${near}`,
        warning: `${rate} Hz is recorded at ${near} Hz`,
      };
    },
  });
}

/** `record_on_answer`, `record_on_bridge`: both true, answer wins (contract §1.2). */
export function startTrigger(data: FieldReader): RecordingSpec['start'] {
  const onAnswer = data.take('record_on_answer', flagRule('spec.start', false));
  const onBridge = data.take('record_on_bridge', flagRule('spec.start', false));
  if (onAnswer && onBridge)
    data.warn('record_on_bridge', 'record_on_answer is true as well: the recording starts on answer');
  return onAnswer ? 'onAnswer' : onBridge ? 'onBridge' : 'now';
}

/** `should_follow_transfer`; a metaflow start follows in 4.3 and not later (contract §1.2). */
export function followTransfer(data: FieldReader, scope: KazooScope): boolean {
  const absent = scope.starter === 'callflow' || scope.settings.version === '4.3';
  return data.take('should_follow_transfer', flagRule('spec.followTransfer', absent));
}

/** `method`: the verb of the upload. */
export function uploadMethod(data: FieldReader): 'PUT' | 'POST' {
  return data.take<'PUT' | 'POST'>('method', {
    to: 'spec.destination.method',
    fallback: 'PUT',
    shown: 'put',
    read: (value) => {
      if (value === 'put' || value === 'PUT') return { value: 'PUT' };
      return value === 'post' || value === 'POST' ? { value: 'POST' } : undefined;
    },
  });
}

export interface NamedFormat {
  readonly extension: KazooExtension;
  /** `format` as asked for, when Kazoo knows it. */
  readonly requested: string | null;
  readonly mediaName: string | null;
}

/** `format` and `media_name`: a given name decides the encoding alone (contract §1.2). */
export function namedFormat(data: FieldReader, scope: KazooScope): NamedFormat {
  const mediaName = text(data, 'media_name', 'spec.labels.media_name');
  const disk = mediaName === null ? null : diskName(mediaName, scope.settings.defaultExtension);
  const requested = data.take<string | null>('format', {
    to: 'spec.format',
    fallback: null,
    shown: disk?.extension ?? scope.settings.defaultExtension,
    ...(disk === null ? {} : { because: 'decided by media_name' }),
    read: (value) => readFormat(value, disk?.extension ?? null),
  });
  if (disk?.wasMp4 === true) data.warn('media_name', 'mp4 is recorded as mp3');
  if (disk !== null && disk.name !== mediaName) {
    const lost =
      scope.settings.version === '4.3' ? ' (a 4.3 cluster would not store such a recording; the gateway does)' : '';
    data.warn('media_name', `The file is called ${disk.name}${lost}`);
  }
  const extension =
    disk?.extension ?? (requested === null ? null : encodedAs(requested)) ?? scope.settings.defaultExtension;
  return { extension, requested, mediaName };
}

function readFormat(value: JsonValue, byName: KazooExtension | null): Reading<string> | undefined {
  const encoded = typeof value === 'string' ? encodedAs(value) : null;
  if (typeof value !== 'string' || encoded === null) return undefined;
  if (byName !== null && byName !== encoded) {
    const warning = `media_name decides the encoding: the file is ${byName}, not ${value}`;
    return { value, outcome: 'converted', reason: `media_name makes it ${byName}`, warning };
  }
  if (encoded !== value)
    return {
      value,
      outcome: 'converted',
      reason: `recorded as ${encoded}`,
      warning: `${value} is recorded as ${encoded}`,
    };
  return { value };
}

/** `silence_*` of 5.x: milliseconds; only `silence_detection` turns them on (contract §1.2). */
export function silenceRule(data: FieldReader): SilenceRule | null {
  const on = data.take('silence_detection', flagRule('spec.silence', false));
  if (!on) {
    for (const key of ['silence_initial_timeout', 'silence_final_timeout', 'silence_threshold']) {
      data.account(key, 'dropped', { reason: 'silence_detection is not true' });
    }
    return null;
  }
  const initialMs = data.take('silence_initial_timeout', countRule('spec.silence.initialMs', 0));
  const finalMs = data.take('silence_final_timeout', countRule('spec.silence.finalMs', 5));
  const level = data.take('silence_threshold', countRule('spec.silence.level', 200, 32_767));
  if (data.value('silence_final_timeout') === undefined) {
    data.warn(
      'silence_final_timeout',
      'silence_final_timeout is missing: its default of 5 ms ends the recording in the first pause',
    );
  }
  return { initialMs: initialMs === 0 ? null : initialMs, finalMs: finalMs === 0 ? null : finalMs, level };
}

/** `label`, `origin`: what the recording says of its start (contract §1.2 `origin`). */
export function originLabels(data: FieldReader, scope: KazooScope): Record<string, string> {
  const label = text(data, 'label', 'spec.labels.label');
  const written = data.value('origin');
  if (scope.starter === 'metaflow') {
    const unnamed = scope.settings.version === '4.3' ? `untracked : ${requestUser(scope)}` : 'no origin';
    const origin = data.take('origin', textRule<string>('spec.labels.origin', unnamed));
    return { ...(label === null ? {} : { label }), origin };
  }
  const origin = `callflow : ${label ?? scope.callflowName ?? scope.settings.callflowName}`;
  if (written === undefined) data.defaulted('origin', origin, 'spec.labels.origin', 'made of label or callflow name');
  else data.account('origin', 'dropped', { reason: 'read-only: made of label or callflow name' });
  return { ...(label === null ? {} : { label }), origin };
}

/** `media_id`: the document id in 5.x, ignored before (contract §1.2). */
export function mediaId(data: FieldReader, scope: KazooScope): string | null {
  if (scope.settings.version !== '5.x') {
    data.account('media_id', 'dropped', { reason: `ignored by Kazoo ${scope.settings.version}` });
    return null;
  }
  const id = text(data, 'media_id', 'spec.labels.media_id');
  if (id !== null && !/^\d{6}-/.test(id))
    data.warn('media_id', 'The API finds recordings only by ids that begin with YYYYMM-');
  return id;
}

/** Longest `recording_vars`, characters of JSON: they are kept with every recording. */
const LONGEST_VARIABLES = 4096;

/** `recording_vars` of 5.x (contract §0, §2.4): an object that the metadata repeats, as JSON; null for none. */
export function recordingVariables(data: FieldReader, { settings }: KazooScope): string | null {
  if (settings.version !== '5.x') {
    data.account('recording_vars', 'dropped', { reason: `ignored by Kazoo ${settings.version}` });
    return null;
  }
  const value = data.value('recording_vars');
  const text = isJsonObject(value) ? JSON.stringify(value) : '';
  const usable = text !== '' && text.length <= LONGEST_VARIABLES;
  if (usable) data.account('recording_vars', 'exact', { to: 'spec.labels.recording_vars' });
  else data.account('recording_vars', 'dropped', { reason: `not an object of at most ${LONGEST_VARIABLES} characters` });
  return usable ? text : null;
}

/** `transcribe` of 5.x (contract §6): the text lies in the gateway, no webhook tells of it. */
export function transcription(data: FieldReader): TranscriptionRule | null {
  const on = data.take('transcribe', flagRule('spec.transcription', false, null));
  return on ? { locale: null, lowConfidenceThreshold: null, lowConfidenceReplacement: null, timeoutMs: null } : null;
}

/** A text key without default; an empty text counts as absent. */
export function text(data: FieldReader, key: string, to: string): string | null {
  return data.take(key, textRule<string | null>(to, null));
}

function textRule<T extends string | null>(to: string, fallback: T): FieldRule<T | string> {
  return {
    to,
    fallback,
    shown: fallback,
    read: (value) => {
      if (value === '') return { value: fallback, outcome: 'converted', reason: 'empty counts as absent' };
      return typeof value === 'string' ? { value } : undefined;
    },
  };
}

/** A flag, also written as text. */
export function flagRule(to: string, fallback: boolean, shown: boolean | null = fallback): FieldRule<boolean> {
  return {
    to,
    fallback,
    shown,
    read: (value) => {
      const flag = asFlag(value);
      if (flag === undefined) return undefined;
      return typeof value === 'boolean'
        ? { value: flag }
        : { value: flag, outcome: 'converted', reason: 'text to boolean' };
    },
  };
}

function countRule(to: string, fallback: number, most = 2_147_483_647): FieldRule<number> {
  return {
    to,
    fallback,
    shown: fallback,
    read: (value) => {
      const number = roundedInteger(value);
      if (number === undefined || number < 0) return undefined;
      if (number > most) return { value: most, outcome: 'converted', reason: `limited to ${most}` };
      return number === value
        ? { value: number }
        : { value: number, outcome: 'converted', reason: 'to a whole number' };
    },
  };
}

/** Kazoo reads integers from text and rounds fractions. */
function roundedInteger(value: JsonValue): number | undefined {
  return asInteger(typeof value === 'number' ? Math.round(value) : value);
}

function requestUser(scope: KazooScope): string {
  const request = scope.context.call.vendor['request'];
  return (typeof request === 'string' ? request : scope.context.call.to).split('@')[0] ?? '';
}
