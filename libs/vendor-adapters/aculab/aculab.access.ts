import { createHash } from 'node:crypto';
import type { ApplicationView } from '#libs/recording-model';
import { settingOf } from './aculab.settings.js';
import { AculabWebFault } from './aculab.web-fault.js';
import { malformed, readAll, type WebParameters } from './aculab.web-parameters.js';

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
  /** Name of the outbound service that it may start, as addresses have it; null: it starts none. */
  readonly outboundService: string | null;
  /** Empty: the file store is closed to it. */
  readonly fileTypes: readonly FileType[];
  readonly filePrefix: string;
  /** Whether media may be written, moved and deleted. */
  readonly mediaWrite: boolean;
}

const TTL_SECONDS = { least: 60, most: 43_200, byDefault: 3600 } as const;
const MOST_PREFIX = 255;
const MOST_SERVICE_NAME = 255;
const TOKEN_FILE_TYPES: Readonly<Record<string, FileType>> = {
  media: 'media',
  rest_logs: 'rest',
  rest: 'rest',
  msg_media: 'msg_media',
};

/**
 * What a request for a new token asks for: one outbound service, or files. Where it names neither a service nor file
 * types, all file types are meant.
 * @throws RecgateError `field.invalid`; AculabWebFault
 */
export function readGrant(parameters: WebParameters, now: Date): TokenGrant {
  const [ttl, service, fileTypes, prefix, mediaWrite] = readAll(
    () => parameters.optionalInteger('ttl', TTL_SECONDS.least, TTL_SECONDS.most) ?? TTL_SECONDS.byDefault,
    () => parameters.text('service', MOST_SERVICE_NAME) ?? null,
    () => readFileTypes(parameters),
    // The vendor's own example calls it `prefix`; passed over, the token would open more than was meant.
    () => parameters.text('file_prefix', MOST_PREFIX) ?? parameters.text('prefix', MOST_PREFIX) ?? '',
    () => parameters.flag('media_write'),
  );
  return {
    expiresAt: new Date(now.getTime() + ttl * 1000).toISOString(),
    outboundService: service === null ? null : userAddress(service),
    fileTypes: fileTypes ?? (service === null ? FILE_TYPES : []),
    filePrefix: prefix,
    mediaWrite,
  };
}

/** Given several times, or once as a list parted by commas; null: not at all. */
function readFileTypes(parameters: WebParameters): readonly FileType[] | null {
  const name = 'filetypes';
  const words = parameters.list(name);
  if (words.length === 0) return null;
  return words.map((word) => {
    const type = Object.hasOwn(TOKEN_FILE_TYPES, word) ? TOKEN_FILE_TYPES[word] : undefined;
    if (type === undefined) throw malformed(name, `may not hold "${word}"`);
    return type;
  });
}

/** What a token that opens files needs for each file service. */
const FILE_SERVICES: Partial<Record<WebService, 'read' | 'write'>> = {
  file_list: 'read',
  file_get: 'read',
  file_write: 'write',
  file_delete: 'write',
  file_move: 'write',
};

/** @throws AculabWebFault `0405` once the token has lapsed, `HTTP 403` for a web service that it does not open */
export function checkGrant(grant: TokenGrant, service: WebService, now: Date): void {
  if (now.toISOString() >= grant.expiresAt) throw new AculabWebFault('tokenLapsed', 'The access token has lapsed');
  if (!opens(grant, service)) throw new AculabWebFault('notAllowed', `The access token does not open ${service}`);
}

function opens({ outboundService, fileTypes, mediaWrite }: TokenGrant, service: WebService): boolean {
  if (service === 'service_start') return outboundService !== null;
  const needed = FILE_SERVICES[service];
  return needed !== undefined && fileTypes.length > 0 && (needed === 'read' || mediaWrite);
}

/** Whether the token opens a file. */
export function isOpenTo(grant: TokenGrant, fileType: FileType, name: string): boolean {
  const bare = (text: string): string => text.replace(/^\//, '');
  return grant.fileTypes.includes(fileType) && bare(name).startsWith(bare(grant.filePrefix));
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
