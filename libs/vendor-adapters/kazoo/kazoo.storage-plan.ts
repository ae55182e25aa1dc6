import {
  RecgateError,
  splitUserinfo,
  type ApplicationView,
  type Destination,
  type JsonObject,
  type JsonValue,
  type SecretBag,
} from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { setting, settingError } from './kazoo.settings.js';

/** One part of an object name: a constant, an argument, a field of the metadata document, or parts joined together. */
export type NamePart =
  | { readonly const: string }
  | { readonly arg: 'account_id' | 'db' | 'id' | 'attachment' }
  | { readonly field: string }
  | { readonly group: readonly NamePart[] };

/** The handler an account's storage document chooses for call recordings (contract §2.5). */
export interface StoragePlan {
  readonly handlerId: string;
  /** Null when the gateway cannot speak to this kind of handler; `problem` says why. */
  readonly destination: Destination | null;
  readonly secrets: SecretBag;
  readonly problem: string | null;
  readonly fields: readonly NamePart[];
  readonly separator: string;
  /** Folders before the name, outermost first. */
  readonly folders: readonly string[];
  /** `http`: the file and its metadata go out as parts of one form, in base64 or as they are; null: the file alone. */
  readonly multipart: { readonly base64: boolean } | null;
}

const ID_AND_ATTACHMENT: NamePart = { group: [{ arg: 'id' }, { const: '_' }, { arg: 'attachment' }] };

const DEFAULT_FIELDS: Readonly<Record<string, readonly NamePart[]>> = {
  s3: [{ arg: 'db' }, ID_AND_ATTACHMENT],
  azure: [ID_AND_ATTACHMENT],
  google_storage: [ID_AND_ATTACHMENT],
  http: [{ arg: 'account_id' }, { field: 'owner_id' }, { arg: 'id' }, { arg: 'attachment' }],
};

type HandlerMapper = (
  settings: TextSettings,
  secret: (key: string) => { readonly secret: string },
) => Destination | string;

/** Handler → destination; a text is the reason why there is none. */
const HANDLERS: Readonly<Record<string, HandlerMapper>> = { s3, azure, google_storage: googleStorage, http };

/**
 * The plan in the setting `storagePlan`, or null when there is none for call recordings.
 * @throws RecgateError `request.invalid` when the setting is not a storage document.
 */
export function storagePlan(application: ApplicationView): StoragePlan | null {
  const text = setting(application, 'storagePlan');
  if (text === null) return null;
  const root = parsePlan(text);
  const chosen = path(root, ['plan', 'modb', 'types', 'call_recording', 'attachments']);
  const handlerId = isJsonObject(chosen) ? member(chosen, 'handler') : undefined;
  if (typeof handlerId !== 'string') return null;
  const attachment = path(root, ['attachments', handlerId]);
  if (!isJsonObject(attachment)) throw settingError('storagePlan', 'names a handler that its attachments lack');
  const settings = objectAt(attachment, 'settings');
  const params = isJsonObject(chosen) ? objectAt(chosen, 'params') : {};
  return readHandler(handlerId, new TextSettings(attachment).get('handler') ?? '', settings, params);
}

/**
 * One handler of a storage document, whatever it is used for.
 * @throws RecgateError `request.invalid` when its settings are not complete
 */
export function storageHandler(handlerId: string, attachment: JsonObject): StoragePlan {
  const handler = new TextSettings(attachment).get('handler') ?? '';
  return readHandler(handlerId, handler, objectAt(attachment, 'settings'), {});
}

function parsePlan(text: string): JsonObject {
  try {
    const { value } = parseJsonDocument(text);
    const data = isJsonObject(value) ? (member(value, 'data') ?? value) : value;
    if (isJsonObject(data)) return data;
  } catch (error) {
    if (!(error instanceof RecgateError)) throw error;
  }
  throw settingError('storagePlan', 'is not a JSON object');
}

function readHandler(handlerId: string, handler: string, settings: JsonObject, params: JsonObject): StoragePlan {
  const secrets: Record<string, string> = {};
  const texts = new TextSettings(settings);
  const mapper = Object.hasOwn(HANDLERS, handler) ? HANDLERS[handler] : undefined;
  const secret = (key: string): { readonly secret: string } => {
    const name = `storage.${handlerId}.${key}`;
    secrets[name] = key === 'userinfo' ? (splitUserinfo(texts.need('url')).userinfo ?? '') : texts.need(key);
    return { secret: name };
  };
  const mapped = mapper === undefined ? `the handler "${handler}" is not supported` : mapper(texts, secret);
  const fieldList = member(settings, 'field_list');
  return {
    handlerId,
    destination: typeof mapped === 'string' ? null : mapped,
    problem: typeof mapped === 'string' ? mapped : null,
    secrets,
    fields: Array.isArray(fieldList)
      ? (fieldList as readonly JsonValue[]).flatMap(namePart)
      : (DEFAULT_FIELDS[handler] ?? [ID_AND_ATTACHMENT]),
    separator: texts.get('field_separator') ?? '/',
    folders: [texts.get('folder_base_path'), new TextSettings(params).get('folder_path')].filter(
      (folder) => folder !== null,
    ),
    multipart:
      handler === 'http' && texts.get('send_multipart') === 'true'
        ? { base64: texts.get('base64_encode_data') === 'true' }
        : null,
  };
}

function s3(settings: TextSettings, secret: (key: string) => { readonly secret: string }): Destination {
  const host = settings.get('host');
  const port = settings.get('port');
  const access = settings.get('bucket_access_method');
  return {
    kind: 's3',
    bucket: settings.need('bucket'),
    key: null,
    region: settings.get('region'),
    endpoint: host === null ? null : `${settings.get('scheme') ?? 'https'}://${host}${port === null ? '' : `:${port}`}`,
    addressing: access === 'path' ? 'path' : access === 'vhost' ? 'virtual' : null,
    accessKeyId: secret('key'),
    secretAccessKey: secret('secret'),
  };
}

function azure(settings: TextSettings, secret: (key: string) => { readonly secret: string }): Destination {
  const auth = { kind: 'accountKey', accountKey: secret('key') } as const;
  return {
    kind: 'azure-blob',
    account: settings.need('account'),
    container: settings.need('container'),
    key: null,
    endpoint: settings.get('endpoint'),
    auth,
  };
}

/** Kazoo keeps the OAuth credentials in documents of their own; here they stand in the handler's settings. */
function googleStorage(
  settings: TextSettings,
  secret: (key: string) => { readonly secret: string },
): Destination | string {
  const base = {
    kind: 'gcs',
    bucket: settings.need('bucket'),
    project: null,
    key: null,
    endpoint: settings.get('endpoint'),
  } as const;
  if (settings.get('access_token') !== null)
    return { ...base, auth: { kind: 'accessToken', token: secret('access_token') } };
  if (settings.get('refresh_token') === null)
    return 'google_storage needs access_token, or refresh_token, client_id and client_secret, in its settings';
  const auth = {
    kind: 'refreshToken',
    refreshToken: secret('refresh_token'),
    clientId: secret('client_id'),
    clientSecret: secret('client_secret'),
  } as const;
  return { ...base, auth };
}

function http(settings: TextSettings, secret: (key: string) => { readonly secret: string }): Destination {
  const { url, userinfo } = splitUserinfo(settings.need('url'));
  if (!/^https?:\/\/[^/]/i.test(url))
    throw settingError('storagePlan', 'has an http handler without an http or https url');
  const method = settings.get('verb')?.toLowerCase() === 'post' ? 'POST' : 'PUT';
  return { kind: 'http-upload', url, method, userinfo: userinfo === null ? null : secret('userinfo') };
}

/** Scalar members of an object as text. */
class TextSettings {
  constructor(private readonly object: JsonObject) {}

  get(key: string): string | null {
    const value = member(this.object, key);
    return value === undefined || value === null || value === '' || typeof value === 'object' ? null : String(value);
  }

  need(key: string): string {
    const value = this.get(key);
    if (value === null) throw settingError('storagePlan', `lacks ${key} in the settings of its handler`);
    return value;
  }
}

const ARGUMENTS = ['account_id', 'db', 'id', 'attachment'] as const;

function namePart(value: JsonValue): NamePart[] {
  if (!isJsonObject(value)) return [];
  const group = member(value, 'group');
  if (Array.isArray(group)) return [{ group: (group as readonly JsonValue[]).flatMap(namePart) }];
  const constant = member(value, 'const');
  if (typeof constant === 'string') return [{ const: constant }];
  const field = member(value, 'field');
  if (typeof field === 'string') return [{ field }];
  const arg = ARGUMENTS.find((each) => each === member(value, 'arg'));
  return arg === undefined ? [] : [{ arg }];
}

function path(root: JsonValue, keys: readonly string[]): JsonValue | undefined {
  return keys.reduce<JsonValue | undefined>(
    (value, key) => (isJsonObject(value) ? member(value, key) : undefined),
    root,
  );
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = member(object, key);
  return isJsonObject(value) ? value : {};
}
