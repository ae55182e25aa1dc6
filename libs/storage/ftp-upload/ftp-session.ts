import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Client, FTPError } from 'basic-ftp';
import { RecgateError, type ErrorCode, type SecretBag } from '#libs/recording-model';
import { messageOf, networkCodeOf, storeError, type RefusalTable } from '../shared/store-error.js';
import type { FtpAddress } from './ftp-address.js';

export interface FtpRules {
  /** Resolves host names; the data connection goes to the same address. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
  /** Whether `ftp` without TLS may be spoken. Default: true. */
  readonly allowPlain?: boolean;
  /** Silence after which a server counts as gone, ms. */
  readonly idleTimeoutMs?: number;
  /** PEM certificates that are trusted in place of the well-known authorities. */
  readonly trustedCertificates?: string;
}

const IDLE_TIMEOUT_MS = 30_000;

/** Reply codes of RFC 959 and RFC 4217; what is not here counts by its first digit. */
const REPLIES: RefusalTable = {
  '430': 'destination.denied',
  '452': 'destination.full',
  '530': 'destination.denied',
  '532': 'destination.denied',
  '550': 'destination.denied',
  '552': 'destination.full',
};

/**
 * Logs in (binary, passive), works, and hangs up, whatever happens.
 * @param userinfo `user:password`; null: anonymous
 * @throws what the work throws; RecgateError `destination.*` when the server cannot be reached or refuses
 */
export async function withFtpSession<Result>(
  address: FtpAddress,
  userinfo: string | null,
  rules: FtpRules,
  signal: AbortSignal | null,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(rules.idleTimeoutMs ?? IDLE_TIMEOUT_MS, { allowSeparateTransferHost: false });
  const stop = (): void => client.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await logIn(client, address, userinfo, rules);
    await enter(client, address);
    return await work(client);
  } finally {
    signal?.removeEventListener('abort', stop);
    client.close();
  }
}

async function logIn(client: Client, address: FtpAddress, userinfo: string | null, rules: FtpRules): Promise<void> {
  const { hostname, port, isSecure } = address;
  if (!isSecure && rules.allowPlain === false) {
    throw new RecgateError('outbound.refused', 'ftp is not allowed, only ftps');
  }
  const { user, password } = credentialsOf(userinfo);
  const secureOptions = {
    host: hostname,
    ...(isIP(hostname) === 0 && { servername: hostname }),
    ...(rules.trustedCertificates !== undefined && { ca: rules.trustedCertificates }),
  };
  const host = await resolve(rules.lookup ?? systemLookup, hostname);
  await client.access({ host, port, user, password, secure: isSecure, secureOptions });
}

/** The directory must be there; it is never made. */
async function enter(client: Client, { directory }: FtpAddress): Promise<void> {
  try {
    await client.cd(directory);
  } catch (thrown) {
    if (replyOf(thrown) !== 550) throw thrown;
    throw new RecgateError('destination.missing', `The directory ${directory} cannot be entered: ${messageOf(thrown)}`);
  }
}

function credentialsOf(userinfo: string | null): { user: string; password: string } {
  if (userinfo === null) return { user: 'anonymous', password: 'guest' };
  if (/\p{Cc}/u.test(userinfo)) throw new RecgateError('destination.rejected', 'The credentials hold a control character');
  const colon = userinfo.indexOf(':');
  return colon < 0
    ? { user: userinfo, password: '' }
    : { user: userinfo.slice(0, colon), password: userinfo.slice(colon + 1) };
}

function resolve(lookup: LookupFunction, hostname: string): Promise<string> {
  return new Promise((done, reject) => {
    lookup(hostname, { all: true }, (error, addresses) => {
      const first = typeof addresses === 'string' ? addresses : addresses?.[0]?.address;
      if (error === null && first !== undefined) done(first);
      else reject(error ?? new Error(`${hostname} has no address`));
    });
  });
}

/** What a library error means; credentials are taken out of the server's words. */
export function ftpFailure(store: string, thrown: unknown, secrets: SecretBag): RecgateError {
  if (thrown instanceof RecgateError) return thrown;
  const message = messageOf(thrown);
  const reply = replyOf(thrown);
  if (reply === null) {
    const code = networkCodeOf(thrown) ?? 'TimeoutError';
    return storeError(store, { code, status: null, message }, {}, secrets);
  }
  const code = String(reply);
  return storeError(store, { code, status: null, message }, { [code]: byFirstDigit(reply), ...REPLIES }, secrets);
}

/** The code of a server's refusal; null for an error that is none. The library wraps errors of sockets as refusals, too. */
export function replyOf(thrown: unknown): number | null {
  return thrown instanceof FTPError && typeof thrown.code === 'number' ? thrown.code : null;
}

function byFirstDigit(code: number): ErrorCode {
  return code < 500 ? 'destination.unreachable' : 'destination.rejected';
}
