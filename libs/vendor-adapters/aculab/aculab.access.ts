import { createHash } from 'node:crypto';
import type { ApplicationView } from '#libs/recording-model';
import { settingOf } from './aculab.settings.js';
import { AculabWebFault } from './aculab.web-fault.js';
import { malformed, type WebParameters } from './aculab.web-parameters.js';

/** The web services of contract §6, §8 and §9. */
export const WEB_SERVICES = [
  'file_list',
  'file_get',
  'file_write',
  'file_delete',
  'file_move',
  'rest_interrupt',
  'service_start',
  'application_status',
  'access-token/new-access-token',
  'security/protocol_check',
] as const;
export type WebService = (typeof WEB_SERVICES)[number];

/** Who a request says it is: `Authorization: Basic`, or an access token. */
export type WebCredentials =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

/** Reads an `Authorization` header; null when there is none that the services know. */
export function readCredentials(header: string | undefined): WebCredentials | null {
  const [, scheme = '', text = ''] = /^(Basic|Bearer) +(\S+)$/i.exec(header ?? '') ?? [];
  if (scheme === '') return null;
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', token: text };
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(text, 'base64').toString('utf8')) ?? [];
  return user === '' || password === '' ? null : { kind: 'basic', user, password };
}

/** `cloudID/username`, as addresses have it; letter case is not told. */
export function userAddress(cloudUser: string): string {
  return cloudUser.trim().toLowerCase();
}

/** The names of an application: its user, and its outbound service (contract §8, §9). */
export function addressesOf(application: ApplicationView): readonly string[] {
  const user = settingOf(application, 'cloudUser');
  const service = settingOf(application, 'serviceName');
  if (user === undefined) return [];
  return [userAddress(user), ...(service === undefined ? [] : [userAddress(`${user}/${service}`)])];
}

export const FILE_TYPES = ['media', 'rest', 'msg_media'] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** What the bearer of an access token may do (contract §8). */
export interface TokenGrant {
  /** ISO 8601. */
  readonly expiresAt: string;
  /** Null: all but new tokens. */
  readonly services: readonly WebService[] | null;
  /** Null: all. */
  readonly fileTypes: readonly FileType[] | null;
  readonly filePrefix: string;
  /** Whether media may be written, moved and deleted. */
  readonly mediaWrite: boolean;
}

const TTL_SECONDS = { least: 60, most: 43_200 } as const;
const MOST_PREFIX = 255;
const TOKEN_FILE_TYPES: Readonly<Record<string, FileType>> = {
  media: 'media',
  rest_logs: 'rest',
  rest: 'rest',
  msg_media: 'msg_media',
};

/**
 * What a request for a new token asks for. Lists are parted by commas.
 * @throws RecgateError `field.missing`, `field.invalid`; AculabWebFault
 */
export function readGrant(parameters: WebParameters, now: Date): TokenGrant {
  const ttl = parameters.integer('ttl', TTL_SECONDS.least, TTL_SECONDS.most);
  return {
    expiresAt: new Date(now.getTime() + ttl * 1000).toISOString(),
    services: listOf(parameters, 'service', (name) => WEB_SERVICES.find((service) => service === name)),
    fileTypes: listOf(parameters, 'filetypes', (name) => TOKEN_FILE_TYPES[name]),
    filePrefix: parameters.text('file_prefix', MOST_PREFIX) ?? '',
    mediaWrite: parameters.flag('media_write'),
  };
}

function listOf<T>(
  parameters: WebParameters,
  name: string,
  read: (word: string) => T | undefined,
): readonly T[] | null {
  const text = parameters.text(name, MOST_PREFIX);
  if (text === undefined) return null;
  return text.split(',').map((word) => {
    const value = read(word.trim());
    if (value === undefined) throw malformed(name, `may not hold "${word.trim()}"`);
    return value;
  });
}

/** Services that change the media store. */
const WRITING: ReadonlySet<WebService> = new Set(['file_write', 'file_delete', 'file_move']);

/** @throws AculabWebFault `0405` once the token has lapsed, `HTTP 403` for a service that it does not open */
export function checkGrant(grant: TokenGrant, service: WebService, now: Date): void {
  if (now.toISOString() >= grant.expiresAt) throw new AculabWebFault('tokenLapsed', 'The access token has lapsed');
  const opened =
    grant.services === null ? service !== 'access-token/new-access-token' : grant.services.includes(service);
  if (!opened || (WRITING.has(service) && !grant.mediaWrite))
    throw new AculabWebFault('notAllowed', `The access token does not open ${service}`);
}

/** Whether the token opens a file. */
export function isOpenTo(grant: TokenGrant, fileType: FileType, name: string): boolean {
  const bare = (text: string): string => text.replace(/^\//, '');
  return (grant.fileTypes?.includes(fileType) ?? true) && bare(name).startsWith(bare(grant.filePrefix));
}

/** @throws AculabWebFault `HTTP 403` for a file that the token does not open */
export function checkFileGrant(grant: TokenGrant, fileType: FileType, name: string): void {
  if (!isOpenTo(grant, fileType, name))
    throw new AculabWebFault('notAllowed', 'The access token does not open this file');
}

/** Ties tokens to the key they were made with: another key, and they open nothing. */
export function keyMark(accessKey: string): string {
  return createHash('sha256').update(`access key\n${accessKey}`).digest('hex');
}
