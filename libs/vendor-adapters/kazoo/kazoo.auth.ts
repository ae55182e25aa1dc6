import { createHash } from 'node:crypto';
import type { ApplicationView, JsonObject } from '#libs/recording-model';
import { member } from '../shared/index.js';
import { callRecordings } from './kazoo.call-recording-settings.js';
import { requiredField, validationError } from './kazoo.crossbar-error.js';
import { textMember } from './kazoo.envelope.js';
import { hexDigest, kazooSettings, setting } from './kazoo.settings.js';

/** How an application of the vendor says who it is (contract §4.1). */
export interface KazooLogin {
  /** Under which of `kazooAddresses` the account is found. */
  readonly address: string;
  readonly secret: 'credentials' | 'apiKey';
  readonly method: 'md5' | 'sha';
  /** What was sent: the hash of `user:password`, lower case, or the API key. */
  readonly sent: string;
}

/**
 * The names an account is found by: its id, and in the vendor's normal form its name, realm and phone numbers. The API
 * key is found by a digest of it; the key itself stays sealed. Asked whenever settings are written, so what is wrong with
 * them is found here.
 * @throws RecgateError `request.invalid`, `field.invalid` naming the setting
 */
export function kazooAddresses(application: ApplicationView): readonly string[] {
  callRecordings(application);
  const name = setting(application, 'accountName');
  const realm = setting(application, 'accountRealm');
  const apiKey = setting(application, 'apiKey');
  const numbers = (setting(application, 'phoneNumbers') ?? '').split(',').map(normalNumber);
  return [
    kazooSettings(application).accountId,
    ...(name === null ? [] : [nameAddress(name)]),
    ...(realm === null ? [] : [realmAddress(realm)]),
    ...(apiKey === null ? [] : [apiKeyAddress(apiKey)]),
    ...numbers.filter((number) => number !== '').map((number) => `number:${number}`),
  ];
}

/**
 * `PUT /user_auth`: the account's name, realm or one of its numbers, and the hash of `user:password`.
 * @throws CrossbarError `validation error`
 */
export function readUserAuth(data: JsonObject): KazooLogin {
  const sent = textMember(data, 'credentials');
  if (sent === null) throw requiredField('credentials');
  const method = member(data, 'method') ?? 'md5';
  if (method !== 'md5' && method !== 'sha') {
    const message = 'Value not found in enumerated list of values';
    throw validationError({ method: { enum: { message, target: ['md5', 'sha'], value: method } } });
  }
  const login = { secret: 'credentials', method, sent: sent.toLowerCase() } as const;
  const realm = textMember(data, 'account_realm') ?? textMember(data, 'realm');
  if (realm !== null) return { ...login, address: realmAddress(realm) };
  const name = textMember(data, 'account_name');
  if (name !== null) return { ...login, address: nameAddress(name) };
  const number = textMember(data, 'phone_number');
  if (number !== null) return { ...login, address: `number:${normalNumber(number)}` };
  throw requiredField('account_name');
}

/**
 * `PUT /api_auth`.
 * @throws CrossbarError `validation error`
 */
export function readApiAuth(data: JsonObject): KazooLogin {
  const sent = textMember(data, 'api_key');
  if (sent === null) throw requiredField('api_key');
  return { address: apiKeyAddress(sent), secret: 'apiKey', method: 'md5', sent };
}

/** HTTP Basic: `base64(account_id:md5(user:pass))`; null for any other header. */
export function readBasicAuth(header: string | undefined): KazooLogin | null {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const [, accountId = '', sent = ''] = /^([^:]+):(.+)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return { address: accountId, secret: 'credentials', method: 'md5', sent: sent.toLowerCase() };
}

/** What a login must have sent to be this account's; null when the account has no such credentials. */
export function expectedSecret(application: ApplicationView, { secret, method }: KazooLogin): string | null {
  if (secret === 'apiKey') return setting(application, 'apiKey');
  const user = setting(application, 'userName');
  const password = setting(application, 'userPassword');
  if (user === null || password === null) return null;
  return createHash(method === 'sha' ? 'sha1' : 'md5')
    .update(`${user.toLowerCase()}:${password}`)
    .digest('hex');
}

/** Changes whenever a credential does, so that tokens made before are good no longer. */
export function credentialPrint(application: ApplicationView): string {
  const keys = ['accountId', 'userName', 'userPassword', 'apiKey'] as const;
  return hexDigest(JSON.stringify(keys.map((key) => setting(application, key))));
}

/** `data` of the answer to a login. */
export function loginData(application: ApplicationView): JsonObject {
  const { accountId } = kazooSettings(application);
  return {
    account_id: accountId,
    account_name: setting(application, 'accountName') ?? accountId,
    owner_id: ownerId(application),
    language: 'en-us',
    is_reseller: false,
    apps: [],
  };
}

/** `GET /accounts/{A}`. */
export function accountDocument(application: ApplicationView): JsonObject {
  const { accountId } = kazooSettings(application);
  const realm = setting(application, 'accountRealm');
  return {
    id: accountId,
    name: setting(application, 'accountName') ?? accountId,
    ...(realm === null ? {} : { realm }),
    enabled: true,
    is_reseller: false,
    language: 'en-us',
  };
}

/** Id of the one user an account has here. */
function ownerId(application: ApplicationView): string {
  return hexDigest(`${application.applicationId}/${setting(application, 'userName') ?? ''}`);
}

/** Kazoo compares account names by their letters and digits alone. */
function nameAddress(name: string): string {
  return `name:${name.toLowerCase().replace(/[^a-z0-9]/g, '')}`;
}

function realmAddress(realm: string): string {
  return `realm:${realm.toLowerCase()}`;
}

function apiKeyAddress(apiKey: string): string {
  return `api_key:${createHash('sha256').update(apiKey).digest('hex')}`;
}

/** Digits, with a plus in front where there is one. */
function normalNumber(number: string): string {
  return number.replace(/[^\d+]/g, '').replace(/(?!^)\+/g, '');
}
