import { createHash } from 'node:crypto';
import type {
  ApplicationView,
  CallIdentity,
  MintContext,
  ObjectTarget,
  ParseContext,
  RecordingView,
} from '#libs/recording-model';
import { objectNameIn } from '../shared/index.js';

const INSTANCE_ID = /^([0-9a-f]{16}\.\d+)(?:\.\d+)?$/;

/**
 * `application_instance_id` of the application run a call belongs to (contract §1.3): the call's own when it brings
 * one, the first part of a call id in the vendor's form, otherwise an id of that form that follows from the call id.
 */
export function instanceIdOf(call: CallIdentity): string {
  const given = call.vendor['application_instance_id'];
  if (typeof given === 'string' && INSTANCE_ID.test(given)) return given;
  const own = INSTANCE_ID.exec(call.callId)?.[1];
  if (own !== undefined) return own;
  const digest = createHash('sha256').update(call.callId).digest();
  return `${digest.toString('hex', 0, 8)}.${digest.readUInt32BE(8) % 1_000_000}`;
}

/** `log_filename` of an application run; the day is that of the call's beginning, UTC (contract §1.3, shape unconfirmed). */
export function logFilename(call: CallIdentity, callStartedAt: Date): string {
  const given = call.vendor['log_filename'];
  if (typeof given === 'string') return given;
  return `/rest_logs/${dayOf(callStartedAt)}/${instanceIdOf(call)}.txt`;
}

/**
 * Names of a recording at its acceptance. `fileId` is the last part of the file name (contract §5.4): the application
 * instance id for the only recording of a run; later ones get six more digits, so that two recordings of
 * one run in the same second differ while the name keeps the vendor's shape. `fileEnd` is the recording's alone, so it
 * can be found by its file name.
 */
export function mintNames(context: MintContext): Readonly<Record<string, string>> {
  const instanceId = instanceIdOf(context.call);
  const ofCall = context.spec.labels['call_recording_filename'];
  if (typeof ofCall === 'string') return { application_instance_id: instanceId, fileEnd: fileEndIn(ofCall) };
  const onlyOne = context.flowState?.['recordings'] === 1;
  const fileId = onlyOne ? instanceId : instanceId + sixDigits(context);
  return { application_instance_id: instanceId, fileId, fileEnd: `${fileId}.wav` };
}

/**
 * Name of the recording of a whole call, known from its beginning: the shape of the others, with the second of the first
 * page's answer (contract §7; its shape is unconfirmed).
 */
export function callRecordingFilename(call: CallIdentity, context: Pick<ParseContext, 'ids' | 'now'>): string {
  return filenameAt(context.now, instanceIdOf(call) + sixDigits(context));
}

function fileEndIn(filename: string): string {
  return filename.slice(filename.lastIndexOf('_') + 1);
}

function sixDigits(context: Pick<MintContext, 'ids'>): string {
  return String(parseInt(context.ids.hex(8), 16) % 1_000_000).padStart(6, '0');
}

/**
 * `filename` of a recording in the media file store (contract §5.4): the UTC second of its first sample, or of its
 * acceptance when there was none, and the file id. A whole-call recording brings its name along.
 */
export function recordingFilename(recording: RecordingView): string {
  const ofCall = recording.spec.labels['call_recording_filename'];
  if (typeof ofCall === 'string') return ofCall;
  const at = new Date(recording.startedAt ?? firstSampleAt(recording) ?? recording.createdAt);
  return filenameAt(at, recording.names['fileId'] ?? instanceIdOf(recording.call));
}

function filenameAt(at: Date, fileId: string): string {
  const time = at.toISOString().slice(11, 19).replaceAll(':', '_');
  return `/rest_api/recordings/${dayOf(at)}/${time}_${fileId}.wav`;
}

/** Recordings lie in the application's own media store under their file name, less the leading slash. */
export function nameObject(recording: RecordingView, _application: ApplicationView): ObjectTarget {
  const { destination, format } = recording.spec;
  return {
    destination,
    name: objectNameIn(destination, recordingFilename(recording).slice(1)),
    contentType: format.contentType,
  };
}

function firstSampleAt({ capture }: RecordingView): string | null {
  return capture === null || capture.capturedSamples === 0 ? null : capture.startedAt;
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10).replaceAll('-', '/');
}
