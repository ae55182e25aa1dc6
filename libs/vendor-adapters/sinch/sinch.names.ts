import { createHash } from 'node:crypto';
import type { ApplicationView, MintContext, ObjectTarget, RecordingView } from '#libs/recording-model';
import { assertNever } from '#libs/recording-model';
import { objectNameIn } from '../shared/index.js';
import { apiBaseUrl, applicationKeyOf } from './sinch.settings.js';

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

/**
 * `fileName`: what a generated name is made of, without its extension (contract §2.3). Names are unique: a recording that
 * starts in the second of another one of its call is dated one second later, so that neither overwrites the other.
 */
export function mintSinchNames(context: MintContext): Readonly<Record<string, string>> {
  const stem = fileStem(context.application, conferenceIdOf(context) ?? context.call.callId);
  for (let at = context.now.getTime(); ; at += 1000) {
    const fileName = `${dateOf(at)}_${stem}`;
    if (context.claim?.(fileName) !== false) return { fileName, ...ownKeys(context.spec, fileName) };
  }
}

/**
 * Under which keys the API finds a recording in the gateway's own store, and its transcript (contract §3: legacy Sinch
 * Drive). In a bucket, the place of a file whose name was given: a later recording that is stored there is found by it.
 */
function ownKeys({ destination, labels, format }: MintContext['spec'], fileName: string): Readonly<Record<string, string>> {
  if (destination.kind !== 'media-store') return givenPlace(destination);
  const path = String(labels[SDRIVE_LABEL] ?? '');
  const key = path !== '' && !path.endsWith('/') ? path : `${path}${fileName}.${format.extension}`;
  return { key, transcriptKey: sinchTranscriptName(key) };
}

function givenPlace(destination: MintContext['spec']['destination']): Readonly<Record<string, string>> {
  if (!('key' in destination) || destination.key === null || destination.key.endsWith('/')) return {};
  const bucket = 'bucket' in destination ? destination.bucket : `${destination.account}/${destination.container}`;
  return { place: `${destination.kind}:${bucket}/${destination.key}` };
}

/** Where the file goes: the given key, or the generated name in the given folder (contract §2.1, §2.3). */
export function nameSinchObject(recording: RecordingView, application: ApplicationView): ObjectTarget {
  const { destination, format, labels } = recording.spec;
  const path = String(labels[SDRIVE_LABEL] ?? '');
  const isNamed = path !== '' && !path.endsWith('/');
  const name = isNamed ? path : objectNameIn(destination, `${path}${generatedName(recording, application)}`);
  return { destination, name, contentType: format.contentType };
}

/**
 * The URI of the stored file in the scheme of its `destinationUrl`, without credentials (contract §5). A file in the
 * gateway's own store has an address of this API, which wants to be asked as every other one does.
 */
export function sinchDestinationUri(recording: RecordingView, application: ApplicationView, gatewayUrl?: string): string {
  const { destination, name } = nameSinchObject(recording, application);
  switch (destination.kind) {
    case 's3':
      return `s3://${destination.bucket}/${name}`;
    case 'gcs':
      return `gs://${destination.bucket}/${name}`;
    case 'azure-blob':
      return `azure://${destination.account}/${destination.container}/${name}`;
    case 'media-store':
      return sinchRecordingUrl(recording, application, gatewayUrl) ?? recording.receipt?.url ?? `sdrive://${name}`;
    case 'http-upload':
    case 'ftp-upload':
    case 'none':
      return recording.receipt?.url ?? `sdrive://${name}`;
    default:
      return assertNever(destination, 'destination');
  }
}

/** Where the API shows a recording of the gateway's own store (contract §3); null for others, and where no base is known. */
export function sinchRecordingUrl(
  { names }: Pick<RecordingView, 'names'>,
  application: ApplicationView,
  gatewayUrl?: string,
): string | null {
  const base = apiBaseUrl(application, gatewayUrl);
  const { key } = names;
  return base === null || key === undefined ? null : `${base}/calling/v1/recording/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** Name or URI of the transcript beside a recording: without the extension, plus `-transcript.json` (contract §2.4). */
export function sinchTranscriptName(recordingName: string): string {
  return `${recordingName.replace(/(?<=[^/])\.[^./]*$/, '')}-transcript.json`;
}

/** `{yyyyMMddHHmmss}_{applicationKey}_{callId}.{format}`; the date is the UTC start of the recording. */
function generatedName({ names, createdAt, call, spec }: RecordingView, application: ApplicationView): string {
  const name = names['fileName'] ?? `${dateOf(Date.parse(createdAt))}_${fileStem(application, call.callId)}`;
  return `${name}.${spec.format.extension}`;
}

/** `yyyyMMddHHmmss`, UTC. */
function dateOf(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\D/g, '').slice(0, 14);
}

function fileStem(application: ApplicationView, id: string): string {
  return `${safe(applicationKeyOf(application))}_${safe(id)}`;
}

const MAX_PART = 160;

/**
 * Conference ids are free text: what could steer a path or break a URI becomes `_`. Ids that differ in such characters
 * alone must not come to the same name, so one that was changed is told apart by its checksum.
 */
function safe(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9._@+-]/g, '_').replace(/\.{2,}/g, '_');
  if (plain === text && plain.length <= MAX_PART) return plain;
  const checksum = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${plain.slice(0, MAX_PART - 9)}-${checksum}`;
}
