import type { ApplicationView, JsonObject, MintContext, ObjectTarget, ParseContext, RecordingView, UploadEnvelope } from '#libs/recording-model';
import { objectNameIn } from '../shared/index.js';
import { diskName, encodeAll } from './kazoo.format.js';
import { kazooFacts, kazooRecordingDocument, type KazooFacts } from './kazoo.recording-document.js';
import { hexDigest, kazooSettings } from './kazoo.settings.js';
import { storagePlan, type NamePart, type StoragePlan } from './kazoo.storage-plan.js';
import { gregorianSeconds, yearMonth } from './kazoo.time.js';
import { ftpUrl, uploadUrl } from './kazoo.upload-url.js';

/**
 * Ids of a recording in Kazoo's form: `recordingId` (`YYYYMM-<32 hex>`, in 5.x `media_id` if given), `mediaName`
 * (`<32 hex>.<ext>` or the disk name of `media_name`), `cdrId`, `interactionId`. The interaction id is that of the call
 * when the call names one.
 */
export function mintKazooNames(context: MintContext): Readonly<Record<string, string>> {
  const { spec, call, ids, now, application } = context;
  const month = yearMonth(now);
  const mediaId = spec.labels['media_id'];
  const mediaName = spec.labels['media_name'];
  return {
    recordingId: typeof mediaId === 'string' && isCleanId(mediaId) ? mediaId : `${month}-${ids.hex(32)}`,
    mediaName:
      typeof mediaName === 'string'
        ? diskName(mediaName, kazooSettings(application).defaultExtension).name
        : `${ids.hex(32)}.${spec.format.extension}`,
    cdrId: cleanMember(call.vendor, 'cdr_id') ?? `${month}-${withoutControls(call.callId)}`,
    interactionId: interactionIdOf(context),
  };
}

/** What all recordings of a call share: the interaction id, which tells when the call began (contract §6). */
export function callState(context: ParseContext): JsonObject {
  return { interactionId: interactionIdOf(context) };
}

function interactionIdOf({ call, flowState = {}, now }: ParseContext): string {
  const known = cleanMember(call.vendor, 'interaction_id') ?? cleanMember(flowState, 'interactionId');
  return known ?? `${gregorianSeconds(now)}-${hexDigest(call.callId).slice(0, 8)}`;
}

function cleanMember(object: JsonObject, key: string): string | null {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'string' && isCleanId(value) ? value : null;
}

/** Upload URL (contract §2.2) or object name by the storage plan (contract §2.5). */
export function nameKazooObject(recording: RecordingView, application: ApplicationView): ObjectTarget {
  const { destination, format, labels } = recording.spec;
  const contentType = format.contentType;
  const plan = planOf(recording, application);
  switch (destination.kind) {
    case 'http-upload': {
      const planned = labels['handler_id'] !== 'overridden' && labels['handler_id'] !== 'third_party_bigcouch_host';
      const name = planned
        ? `${destination.url.replace(/\/$/, '')}/${plannedName(plan, 'http', recording, application).split('/').map(encodeAll).join('/')}`
        : uploadUrl(destination.url, recording, application);
      const envelope = planned && plan?.multipart ? multipartOf(recording, application, plan.multipart.base64) : null;
      return { destination, name, contentType, ...(envelope === null ? {} : { envelope }) };
    }
    case 'ftp-upload':
      return { destination, name: ftpUrl(destination.url, recording, application), contentType };
    case 's3':
    case 'gcs':
    case 'azure-blob':
      return { destination, name: objectNameIn(destination, plannedName(plan, destination.kind, recording, application)), contentType };
    case 'media-store':
    case 'none': {
      const { recordingId, mediaName } = kazooFacts(recording, application);
      return { destination, name: safeSegment(`${recordingId}_${mediaName}`), contentType };
    }
  }
}

/**
 * `send_multipart` (contract §2.5): the public metadata, then the audio; the boundary follows from the recording's id.
 * `base64_encode_data` counts within such a form only.
 */
function multipartOf(recording: RecordingView, application: ApplicationView, base64: boolean): UploadEnvelope {
  const { recordingId, mediaName } = kazooFacts(recording, application);
  const metadata = JSON.stringify(kazooRecordingDocument(recording, application));
  const boundary = hexDigest(`multipart/${recording.id}`);
  const part = (name: string, contentType: string): string =>
    `\r\n--${boundary}\r\ncontent-disposition: form-data; name=${name}\r\ncontent-type: ${contentType}\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    before: `${part(recordingId, 'application/json')}${metadata}${part(mediaName, recording.spec.format.contentType)}`,
    after: `\r\n--${boundary}--`,
    base64,
  };
}

/** Used when the plan was taken out of the settings while the recording ran. */
const FALLBACK_FIELDS: Readonly<Record<string, readonly NamePart[]>> = {
  s3: [{ arg: 'db' }, { group: [{ arg: 'id' }, { const: '_' }, { arg: 'attachment' }] }],
  http: [{ arg: 'account_id' }, { field: 'owner_id' }, { arg: 'id' }, { arg: 'attachment' }],
};
const ID_AND_ATTACHMENT: readonly NamePart[] = [{ group: [{ arg: 'id' }, { const: '_' }, { arg: 'attachment' }] }];

function planOf(recording: RecordingView, application: ApplicationView): StoragePlan | null {
  const plan = storagePlan(application);
  return plan?.handlerId === recording.spec.labels['handler_id'] ? plan : null;
}

function plannedName(
  plan: StoragePlan | null,
  kind: string,
  recording: RecordingView,
  application: ApplicationView,
): string {
  const facts = kazooFacts(recording, application);
  const document = kazooRecordingDocument(recording, application);
  const textOf = (part: NamePart): string | null => {
    if ('const' in part) return part.const;
    if ('group' in part) return part.group.map((each) => textOf(each) ?? '').join('');
    if ('arg' in part) return argumentOf(part.arg, facts);
    const value = document[part.field];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const fields = plan?.fields ?? FALLBACK_FIELDS[kind] ?? ID_AND_ATTACHMENT;
  const name = fields
    .map(textOf)
    .filter((part) => part !== null)
    .join(plan?.separator ?? '/');
  return safePath([...(plan?.folders ?? []), name].join('/'));
}

function argumentOf(arg: 'account_id' | 'db' | 'id' | 'attachment', facts: KazooFacts): string {
  const values = {
    account_id: facts.accountId,
    db: databaseOf(facts),
    id: facts.recordingId,
    attachment: facts.mediaName,
  };
  return values[arg];
}

/** `account/XX/XX/…-YYYYMM`: the account's database of the recording's month. */
export function databaseOf({ accountId, recordingId }: KazooFacts): string {
  const account = `account/${accountId.slice(0, 2)}/${accountId.slice(2, 4)}/${accountId.slice(4)}`;
  return /^\d{6}-/.test(recordingId) ? `${account}-${recordingId.slice(0, 6)}` : account;
}

/** A relative path without empty, `.` and `..` parts and without control characters. */
function safePath(path: string): string {
  const parts = path
    .split('/')
    .map(withoutControls)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.map((part) => part.replaceAll('\\', '_')).join('/');
}

function safeSegment(name: string): string {
  return withoutControls(name).replace(/[/\\]/g, '_').replace(/^\.+/, '_');
}

function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}

function isCleanId(id: string): boolean {
  return id !== '' && id.length <= 256 && !/[\p{Cc}/\\]/u.test(id) && !/^\.+$/.test(id);
}
