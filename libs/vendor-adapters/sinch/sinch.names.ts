import type { ApplicationView, Destination, MintContext, ObjectTarget, RecordingView } from '#libs/recording-model';
import { assertNever } from '#libs/recording-model';
import { applicationKeyOf } from './sinch.settings.js';

/** Label of a recording in the gateway's own store: the path after `sdrive://`. */
export const SDRIVE_LABEL = 'sdrivePath';
/** Label of a conference recording: which conference it is. */
export const CONFERENCE_LABEL = 'conferenceId';

/** The conference a recording belongs to; null for a call recording, also within a conference (contract §0.4). */
export function conferenceIdOf(recording: Pick<RecordingView, 'spec' | 'call'>): string | null {
  if (recording.spec.parties !== 'conference') return null;
  const label = recording.spec.labels[CONFERENCE_LABEL];
  return label === undefined ? (recording.call.conferenceId ?? recording.call.callId) : String(label);
}

/** `fileStem`: application key and call or conference id, as generated names carry them (contract §2.3). */
export function mintSinchNames(context: MintContext): Readonly<Record<string, string>> {
  const id = conferenceIdOf(context) ?? context.call.callId;
  return { fileStem: fileStem(context.application, id) };
}

/** Where the file goes: the given key, or the generated name in the given folder (contract §2.1, §2.3). */
export function nameSinchObject(recording: RecordingView, application: ApplicationView): ObjectTarget {
  const key = keyIn(recording);
  const name = key === null || key.endsWith('/') ? `${key ?? ''}${generatedName(recording, application)}` : key;
  return { destination: recording.spec.destination, name, contentType: recording.spec.format.contentType };
}

/**
 * The URI of the stored file in the scheme of its `destinationUrl`, without credentials (contract §5). A file in the
 * gateway's own store has the web address of its receipt.
 */
export function sinchDestinationUri(recording: RecordingView, application: ApplicationView): string {
  const { destination, name } = nameSinchObject(recording, application);
  switch (destination.kind) {
    case 's3':
      return `s3://${destination.bucket}/${name}`;
    case 'gcs':
      return `gs://${destination.bucket}/${name}`;
    case 'azure-blob':
      return `azure://${destination.account}/${destination.container}/${name}`;
    case 'media-store':
    case 'http-upload':
    case 'none':
      return recording.receipt?.url ?? `sdrive://${name}`;
    default:
      return assertNever(destination, 'destination');
  }
}

/** Name or URI of the transcript beside a recording: without the extension, plus `-transcript.json` (contract §2.4). */
export function sinchTranscriptName(recordingName: string): string {
  return `${recordingName.replace(/(?<=[^/])\.[^./]*$/, '')}-transcript.json`;
}

function keyIn(recording: RecordingView): string | null {
  const destination: Destination = recording.spec.destination;
  if ('key' in destination) return destination.key;
  const path = recording.spec.labels[SDRIVE_LABEL];
  return path === undefined ? null : String(path);
}

/** `{yyyyMMddHHmmss}_{applicationKey}_{callId}.{format}`; the date is the UTC start of the recording. */
function generatedName(recording: RecordingView, application: ApplicationView): string {
  const start = recording.capture?.startedAt ?? recording.startedAt ?? recording.createdAt;
  const date = new Date(start).toISOString().replace(/\D/g, '').slice(0, 14);
  const stem = recording.names['fileStem'] ?? fileStem(application, conferenceIdOf(recording) ?? recording.call.callId);
  return `${date}_${stem}.${recording.spec.format.extension}`;
}

function fileStem(application: ApplicationView, id: string): string {
  return `${safe(applicationKeyOf(application))}_${safe(id)}`;
}

/** Conference ids are free text: what could steer a path or break a URI becomes `_`. */
function safe(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._@+-]/g, '_')
    .replace(/\.{2,}/g, '_')
    .slice(0, 160);
}
