import {
  REDACTED,
  splitUserinfo,
  type ApplicationView,
  type JsonObject,
  type JsonValue,
  type ObjectTarget,
  type SecretBag,
} from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { badIdentifier, CrossbarError, validationError } from './kazoo.crossbar-error.js';
import { fail, joinPath, readObject, type Failures, type FieldRules } from './kazoo.field-rules.js';
import { encodeAll } from './kazoo.format.js';
import { isClientUrl } from './kazoo.schema.js';
import { kazooSettings, setting } from './kazoo.settings.js';
import { storageHandler } from './kazoo.storage-plan.js';
import { mergeJson } from './kazoo.stored-recording.js';

/** Most handlers of a storage document, and the largest document, characters of JSON. */
const MOST_HANDLERS = 32;
const LARGEST_DOCUMENT = 65_536;

const SETTINGS: Readonly<Record<string, FieldRules>> = {
  s3: {
    bucket: { type: 'string', required: true, minLength: 6, maxLength: 63 },
    key: { type: 'string', required: true, minLength: 1, maxLength: 128 },
    secret: { type: 'string', required: true, minLength: 1, maxLength: 128 },
    region: { type: 'string', minLength: 1 },
    host: { type: 'string', minLength: 1 },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    scheme: { type: 'string', values: ['http', 'https'] },
    bucket_access_method: { type: 'string', values: ['auto', 'vhost', 'path'] },
    bucket_after_host: { type: 'boolean' },
  },
  azure: {
    account: { type: 'string', required: true, minLength: 1 },
    container: { type: 'string', required: true, minLength: 1 },
    key: { type: 'string', required: true, minLength: 1 },
  },
  google_storage: { bucket: { type: 'string', required: true, minLength: 1 } },
  google_drive: { oauth_doc_id: { type: 'string', required: true, minLength: 1 } },
  onedrive: { oauth_doc_id: { type: 'string', required: true, minLength: 1 } },
  dropbox: { oauth_doc_id: { type: 'string', required: true, minLength: 1 } },
  http: {
    url: { type: 'string', required: true, minLength: 1 },
    verb: { type: 'string', values: ['put', 'post'] },
    send_multipart: { type: 'boolean' },
    base64_encode_data: { type: 'boolean' },
  },
};

/** Stand beside the handler's own settings. */
const NAMING: FieldRules = {
  field_list: { type: 'array' },
  field_separator: { type: 'string', maxLength: 16 },
  folder_base_path: { type: 'string', maxLength: 512 },
};

const ATTACHMENT: FieldRules = {
  handler: { type: 'string', required: true, values: Object.keys(SETTINGS) },
  name: { type: 'string' },
  settings: { type: 'object', required: true },
};

/** Settings that are never shown. */
const SECRET_SETTINGS = ['key', 'secret', 'access_token', 'refresh_token', 'client_secret'];

/** The storage document of the account as it is kept, secrets in clear; null when there is none (contract §2.5). */
export function storageDocument(application: ApplicationView): JsonObject | null {
  const text = setting(application, 'storagePlan');
  if (text === null) return null;
  const { value } = parseJsonDocument(text);
  const data = isJsonObject(value) ? (member(value, 'data') ?? value) : value;
  return isJsonObject(data) ? data : null;
}

/** @throws CrossbarError `bad_identifier` when the account has none */
export function requireStorageDocument(application: ApplicationView): JsonObject {
  const found = storageDocument(application);
  if (found === null) throw badIdentifier(kazooSettings(application).accountId);
  return found;
}

/** The setting that holds a storage document, sealed; null takes it away. */
export function storageSettings(document: JsonObject | null): Readonly<Record<string, string>> {
  return { storagePlan: document === null ? '' : JSON.stringify(document) };
}

/** What `PUT` answers when there is a storage document already. */
export function storageConflict(): CrossbarError {
  return new CrossbarError(409, 'datastore_conflict', { message: 'datastore conflict' }, 'request.conflict');
}

/** `?validate_settings=false` without the operator's leave. */
export function probeRequired(): CrossbarError {
  const message = 'the handlers of a storage plan are always validated';
  return validationError({ validate_settings: { forbidden: { message } } });
}

/** The document as it is shown: with the account's id, and `***` in the place of every credential. */
export function shownStorage(document: JsonObject, application: ApplicationView): JsonObject {
  return { ...mapSettings(document, masked), id: kazooSettings(application).accountId };
}

/**
 * Checks a new document (PUT, POST) or a change of one (PATCH). A credential that comes as it was shown stays what it was.
 * @throws CrossbarError `validation error`
 */
export function readStorage(
  application: ApplicationView,
  data: JsonObject,
  before: JsonObject | null,
  how: 'replace' | 'merge',
): JsonObject {
  const { id: _id, _read_only: _readOnly, ...given } = data;
  const merged = how === 'merge' && before !== null ? mergeJson(before, given) : given;
  const document =
    before === null ? merged : mapSettings(merged, (settings, id) => unmasked(settings, settingsIn(before, id)));
  const failures: Failures = {};
  const attachments = readAttachments(document, application, failures);
  checkPlan(document, attachments, failures);
  if (JSON.stringify(document).length > LARGEST_DOCUMENT) {
    const message = `String must not be more than ${LARGEST_DOCUMENT} characters`;
    fail(failures, 'attachments', 'maxLength', message, { target: LARGEST_DOCUMENT });
  }
  if (Object.keys(failures).length > 0) throw validationError(failures);
  return { ...document, ...(attachments === null ? {} : { attachments }) };
}

/** A small file that shows whether a handler takes what it is given (contract §2.5). */
export interface StorageProbe {
  readonly handlerId: string;
  readonly target: ObjectTarget;
  readonly secrets: SecretBag;
  readonly text: string;
}

/**
 * One probe for each handler of a document.
 * @param hex 32 hex digits for a handler
 * @throws CrossbarError `validation error` for a handler that the gateway cannot speak to
 */
export function storageProbes(document: JsonObject, hex: () => string): readonly StorageProbe[] {
  return Object.entries(objectIn(document, 'attachments')).map(([handlerId, attachment]) => {
    const { destination, secrets, problem, folders } = storageHandler(
      handlerId,
      isJsonObject(attachment) ? attachment : {},
    );
    if (destination === null) throw probeFailure(handlerId, 'unsupported', problem ?? '', 'the handler cannot be used');
    const mark = hex();
    const path = [...folders.flatMap((folder) => folder.split('/')), `${mark}_test_credentials_file.txt`];
    const parts = path.filter((part) => part !== '' && part !== '.' && part !== '..');
    const name =
      destination.kind === 'http-upload'
        ? `${destination.url.replace(/\/$/, '')}/${parts.map(encodeAll).join('/')}`
        : parts.join('/');
    return {
      handlerId,
      target: { destination, name, contentType: 'text/plain' },
      secrets,
      text: `some random content: ${mark}`,
    };
  });
}

/** The answer when a probe failed. */
export function probeFailure(handlerId: string, code: string, body: string, message: string): CrossbarError {
  const invalid = { error_code: code, error_body: body, message };
  return validationError({ [joinPath('attachments', handlerId)]: { invalid } });
}

function readAttachments(document: JsonObject, application: ApplicationView, failures: Failures): JsonObject | null {
  const attachments = member(document, 'attachments');
  if (attachments === undefined) return null;
  if (!isJsonObject(attachments)) {
    fail(failures, 'attachments', 'type', 'Value did not match type(s): object', { target: 'object' });
    return null;
  }
  const entries = Object.entries(attachments);
  if (entries.length > MOST_HANDLERS) {
    const message = `A storage plan has at most ${MOST_HANDLERS} handlers`;
    fail(failures, 'attachments', 'maxProperties', message, { target: MOST_HANDLERS });
  }
  return Object.fromEntries(
    entries.map(([id, attachment]) => [id, readAttachment(id, attachment, application, failures)]),
  );
}

function readAttachment(id: string, value: JsonValue, application: ApplicationView, failures: Failures): JsonValue {
  const path = joinPath('attachments', id);
  if (!/^[a-z0-9]{32}$/.test(id)) {
    const message = 'Strict checking of data is enabled; only include schema-defined properties';
    fail(failures, path, 'additionalProperties', message, {});
  }
  if (!isJsonObject(value)) {
    fail(failures, path, 'type', 'Value did not match type(s): object', { target: 'object' });
    return value;
  }
  const attachment = readObject(value, ATTACHMENT, path, failures);
  const handler = member(attachment, 'handler');
  const settings = member(attachment, 'settings');
  if (typeof handler !== 'string' || !isJsonObject(settings)) return attachment;
  const at = joinPath(path, 'settings');
  const verb = member(settings, 'verb');
  const lower = typeof verb === 'string' ? { ...settings, verb: verb.toLowerCase() } : settings;
  const rules = Object.hasOwn(SETTINGS, handler) ? SETTINGS[handler] : undefined;
  const read = readObject(lower, { ...rules, ...NAMING }, at, failures);
  checkSettings(handler, read, at, application, failures);
  return { ...attachment, settings: read };
}

function checkSettings(
  handler: string,
  settings: JsonObject,
  at: string,
  application: ApplicationView,
  failures: Failures,
): void {
  const bucket = member(settings, 'bucket');
  if (typeof bucket === 'string' && /\s/.test(bucket)) {
    fail(failures, joinPath(at, 'bucket'), 'pattern', 'Failed to match pattern', { target: '^[^ ]+$' });
  }
  const url = member(settings, 'url');
  if (handler !== 'http' || typeof url !== 'string') return;
  if (!isClientUrl(splitUserinfo(url).url, kazooSettings(application).urlBlacklist)) {
    fail(failures, joinPath(at, 'url'), 'error', 'invalid client URL', { value: splitUserinfo(url).url });
  }
}

/** The handler that a plan names must be there, or its recordings could not be stored. */
function checkPlan(document: JsonObject, attachments: JsonObject | null, failures: Failures): void {
  const steps = ['plan', 'modb', 'types', 'call_recording', 'attachments', 'handler'];
  let value: JsonValue | undefined = document;
  for (const [index, key] of steps.entries()) {
    if (value === undefined) return;
    if (!isJsonObject(value)) {
      const path = steps.slice(0, index).join('.');
      fail(failures, path, 'type', 'Value did not match type(s): object', { target: 'object' });
      return;
    }
    value = member(value, key);
  }
  if (value === undefined) return;
  const known = Object.keys(attachments ?? {});
  if (typeof value === 'string' && known.includes(value)) return;
  fail(failures, steps.join('.'), 'enum', 'Value not found in enumerated list of values', { target: known });
}

/** The document with the settings of each of its handlers changed. */
function mapSettings(document: JsonObject, change: (settings: JsonObject, id: string) => JsonObject): JsonObject {
  const attachments = member(document, 'attachments');
  if (!isJsonObject(attachments)) return document;
  const entries = Object.entries(attachments).map(([id, attachment]): [string, JsonValue] => {
    const settings = isJsonObject(attachment) ? member(attachment, 'settings') : undefined;
    if (!isJsonObject(attachment) || !isJsonObject(settings)) return [id, attachment];
    return [id, { ...attachment, settings: change(settings, id) }];
  });
  return { ...document, attachments: Object.fromEntries(entries) };
}

function masked(settings: JsonObject): JsonObject {
  const entries = Object.entries(settings).map(([key, value]): [string, JsonValue] => {
    if (SECRET_SETTINGS.includes(key)) return [key, REDACTED];
    return [key, key === 'url' && typeof value === 'string' ? maskedUrl(value) : value];
  });
  return Object.fromEntries(entries);
}

function maskedUrl(text: string): string {
  const { url, userinfo } = splitUserinfo(text);
  return userinfo === null ? url : url.replace('://', `://${REDACTED}@`);
}

function unmasked(settings: JsonObject, before: JsonObject): JsonObject {
  const shown = masked(before);
  const entries = Object.entries(settings).map(([key, value]): [string, JsonValue] => {
    const old = member(before, key);
    const wasShown = typeof value === 'string' && value.includes(REDACTED) && value === shown[key];
    return [key, wasShown && old !== undefined ? old : value];
  });
  return Object.fromEntries(entries);
}

function settingsIn(document: JsonObject, id: string): JsonObject {
  const attachment = member(objectIn(document, 'attachments'), id);
  return isJsonObject(attachment) ? objectIn(attachment, 'settings') : {};
}

function objectIn(object: JsonObject, key: string): JsonObject {
  const value = member(object, key);
  return isJsonObject(value) ? value : {};
}
