import type { ApplicationView, RecordingView } from '#libs/recording-model';
import { encodeAll } from './kazoo.format.js';
import { kazooFacts, type KazooFacts } from './kazoo.recording-document.js';
import { kazooSettings, type KazooVersion } from './kazoo.settings.js';

type Parameter = readonly [name: string, value: (facts: KazooFacts, recording: RecordingView) => string];

const encoded = (value: string | undefined): string => encodeAll(value ?? '');
const digits = (value: number | undefined): string => (value === undefined ? '' : String(value));

const CALL: readonly Parameter[] = [
  ['from', (facts) => encoded(facts.from)],
  ['to', (facts) => encoded(facts.to)],
  ['caller_id_name', (facts) => encoded(facts.callerIdName)],
  ['caller_id_number', (facts) => encoded(facts.callerIdNumber)],
  ['call_id', (_facts, { call }) => encoded(call.callId)],
  ['cdr_id', (facts) => encoded(facts.cdrId)],
  ['interaction_id', (facts) => encoded(facts.interactionId)],
];
const OWNER: Parameter = ['owner_id', (facts) => encoded(facts.ownerId)];
const ACCOUNT: Parameter = ['account_id', (facts) => raw(facts.accountId)];
const START: Parameter = ['start', (facts) => digits(facts.start)];
const DURATION: Parameter = ['duration_ms', (facts) => digits(facts.durationMs)];
const RECORDING: Parameter = ['recording_id', (facts) => raw(facts.recordingId)];
const CONFERENCE: readonly Parameter[] = [
  ['conference_recording', () => 'true'],
  ['conference_id', (_facts, { call }) => encoded(call.conferenceId)],
];

/** Parameters of the upload by generation, in order (contract §2.2). */
const PARAMETERS: Readonly<Record<KazooVersion, readonly Parameter[]>> = {
  '4.3': [...CALL, OWNER, ACCOUNT, START, DURATION, RECORDING],
  master: [...CALL, ACCOUNT],
  '5.x': [...CALL, ACCOUNT, DURATION, OWNER, START, RECORDING],
};

/**
 * The complete URL a file is sent to (contract §2.2): `call_recording_<call id>.<ext>` as the last path segment, or, when
 * the base has a query, as the value of its last parameter; then the parameters, empty ones included.
 */
export function uploadUrl(base: string, recording: RecordingView, application: ApplicationView): string {
  const { version } = kazooSettings(application);
  const facts = kazooFacts(recording, application);
  const name = fileName(recording, version);
  const list =
    version === '5.x' && recording.call.conferenceId !== undefined
      ? [...PARAMETERS[version], ...CONFERENCE]
      : PARAMETERS[version];
  const parameters = list.map(([key, value]) => `${key}=${value(facts, recording)}`).join('&');
  const [address = '', query] = splitQuery(base.split('#')[0] ?? '');
  if (query === null) return `${address.replace(/\/$/, '')}/${name}?${parameters}`;
  return `${address}?${intoLastParameter(query, name)}&${parameters}`;
}

/** The complete URL of a file sent by FTP (contract §2.2): the same name in the same place, and no parameters. */
export function ftpUrl(base: string, recording: RecordingView, application: ApplicationView): string {
  return `${base.replace(/[?#].*$/s, '').replace(/\/$/, '')}/${fileName(recording, kazooSettings(application).version)}`;
}

function fileName(recording: RecordingView, version: KazooVersion): string {
  return `call_recording_${encodeAll(recording.call.callId)}.${fileExtension(recording, version)}`;
}

/** 4.3 names the file by the requested format, later generations by what it is. */
function fileExtension({ spec }: RecordingView, version: KazooVersion): string {
  const requested = spec.labels['format'];
  return version === '4.3' && (requested === 'mp3' || requested === 'wav') ? requested : spec.format.extension;
}

function splitQuery(url: string): readonly [string, string | null] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, null] : [url.slice(0, mark), url.slice(mark + 1)];
}

function intoLastParameter(query: string, name: string): string {
  if (query === '') return `recording=${name}`;
  const last = query.slice(query.lastIndexOf('&') + 1);
  if (last.endsWith('=')) return `${query}${name}`;
  return last.includes('=') ? `${query}&recording=${name}` : `${query}=${name}`;
}

/** Ids go out as they are, unless that would break the URL. */
function raw(id: string): string {
  return /^[\w.~-]*$/.test(id) ? id : encodeAll(id);
}
