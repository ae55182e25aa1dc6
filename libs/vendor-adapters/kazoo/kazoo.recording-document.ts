import {
  renditionDurationMs,
  type ApplicationView,
  type JsonObject,
  type JsonValue,
  type RecordingView,
} from '#libs/recording-model';
import { parseJsonDocument } from '../shared/index.js';
import { kazooSettings, type KazooVersion } from './kazoo.settings.js';
import { gregorianSeconds } from './kazoo.time.js';

/** The values of a recording that upload URL, metadata document and webhooks share; absent values are undefined. */
export interface KazooFacts {
  readonly from: string;
  readonly to: string;
  readonly request: string;
  readonly callerIdName: string | undefined;
  readonly callerIdNumber: string | undefined;
  readonly calleeIdName: string | undefined;
  readonly calleeIdNumber: string | undefined;
  readonly ownerId: string | undefined;
  readonly accountId: string;
  /** Gregorian seconds. */
  readonly start: number | undefined;
  readonly durationMs: number | undefined;
  readonly recordingId: string;
  readonly cdrId: string;
  readonly interactionId: string;
  readonly mediaName: string;
}

/** Gathers the facts; identity fields of the call come under Kazoo's own names from `call.vendor`. */
export function kazooFacts(recording: RecordingView, application: ApplicationView): KazooFacts {
  const { call, names } = recording;
  const { version, accountId } = kazooSettings(application);
  const own = (key: string): string | undefined => textMember(call.vendor, key);
  const to = own('to') ?? call.to;
  return {
    from: own('from') ?? call.from,
    to,
    request: own('request') ?? to,
    callerIdName: own('caller_id_name'),
    callerIdNumber: own('caller_id_number') ?? userPart(call.from),
    calleeIdName: own('callee_id_name'),
    calleeIdNumber: own('callee_id_number') ?? userPart(call.to),
    ownerId: own('owner_id'),
    accountId: own('account_id') ?? accountId,
    start: startOf(recording, version),
    durationMs: recording.capture === null ? undefined : renditionDurationMs(recording.capture),
    recordingId: names['recordingId'] ?? recording.id,
    cdrId: names['cdrId'] ?? '',
    interactionId: names['interactionId'] ?? '',
    mediaName: names['mediaName'] ?? `${recording.id}.${recording.spec.format.extension}`,
  };
}

/**
 * The metadata document of a recording, public fields only (contract §2.4). Durations and start are there once the
 * capture has ended; absent values are left out.
 */
export function kazooRecordingDocument(recording: RecordingView, application: ApplicationView): JsonObject {
  const facts = kazooFacts(recording, application);
  const { call, spec } = recording;
  const { version, accountId } = kazooSettings(application);
  const document: Record<string, JsonValue | undefined> = {
    id: facts.recordingId,
    name: facts.mediaName,
    description: `recording ${facts.mediaName}`,
    content_type: spec.format.contentType,
    media_type: version === '4.3' ? spec.format.extension : `.${spec.format.extension}`,
    media_source: 'recorded',
    source_type: version === '4.3' ? 'kzc_recording' : 'media_recording',
    from: facts.from,
    to: facts.to,
    request: facts.request,
    direction: call.direction,
    start: facts.start,
    duration: facts.durationMs === undefined ? undefined : Math.floor(facts.durationMs / 1000),
    duration_ms: facts.durationMs,
    caller_id_number: facts.callerIdNumber,
    caller_id_name: facts.callerIdName,
    callee_id_number: facts.calleeIdNumber,
    callee_id_name: facts.calleeIdName,
    call_id: call.callId,
    cdr_id: facts.cdrId,
    interaction_id: facts.interactionId,
    owner_id: facts.ownerId,
    endpoint_id: version === '4.3' ? undefined : textMember(call.vendor, 'endpoint_id'),
    url:
      'url' in spec.destination && spec.labels['handler_id'] === 'overridden' ? spec.destination.url : undefined,
    origin: spec.labels['origin'],
    ...(version === '5.x' ? laterFields(recording, facts, accountId) : {}),
    custom_channel_vars: call.vendor['custom_channel_vars'] ?? { account_id: facts.accountId },
  };
  return Object.fromEntries(
    Object.entries(document).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined && entry[1] !== ''),
  );
}

/** What 5.x adds; the account's id only where it is not the account's own. */
function laterFields(
  { call, spec, notes }: RecordingView,
  facts: KazooFacts,
  accountId: string,
): Record<string, JsonValue | undefined> {
  const variables = spec.labels['recording_vars'];
  return {
    account_id: facts.accountId === accountId ? undefined : facts.accountId,
    user_metadata: notes?.['user_metadata'],
    recording_vars: typeof variables === 'string' ? parseJsonDocument(variables).value : undefined,
    transcribe: spec.transcription === null ? undefined : true,
    conference_recording: call.conferenceId === undefined ? undefined : true,
    conference_id: call.conferenceId,
    conference_name: textMember(call.vendor, 'conference_name'),
  };
}

/** 4.3 and master count back from the stop event by whole seconds; 5.x has the real start (contract §2.4 `start`). */
function startOf({ capture, startedAt }: RecordingView, version: KazooVersion): number | undefined {
  if (capture === null) return startedAt === null ? undefined : gregorianSeconds(startedAt);
  if (version === '5.x') return gregorianSeconds(capture.startedAt);
  return gregorianSeconds(capture.endedAt) - Math.floor(renditionDurationMs(capture) / 1000);
}

function userPart(address: string): string | undefined {
  const user = address.replace(/^sips?:/i, '').split('@')[0];
  return user === '' ? undefined : user;
}

function textMember(object: JsonObject, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
