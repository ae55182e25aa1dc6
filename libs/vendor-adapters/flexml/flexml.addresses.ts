import { createHash } from 'node:crypto';
import type { ApplicationView } from '#libs/recording-model';
import { scopedTokensOf } from './flexml.scopes.js';
import { settingOf } from './flexml.settings.js';

/** The names by which requests find their application: the endpoint's login, and digests of the account's tokens (contract §1.6, §4). */
export function flexmlAddresses(application: ApplicationView): readonly string[] {
  const login = settingOf(application, 'login');
  const token = application.secrets['accountToken'] ?? '';
  const tokens = [...(token === '' ? [] : [token]), ...scopedTokensOf(application).map((scoped) => scoped.token)];
  return [...(login === null ? [] : [loginAddress(login)]), ...tokens.map(tokenAddress)];
}

/** Address of an endpoint by its login. */
export function loginAddress(login: string): string {
  return `login:${login}`;
}

/** Address of an account by its bearer token; tells nothing of the token. */
export function tokenAddress(token: string): string {
  return `token:${createHash('sha256').update(token).digest('hex')}`;
}
