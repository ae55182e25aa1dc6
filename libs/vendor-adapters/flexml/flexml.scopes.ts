import { RecgateError, type ApplicationView, type SettingRule } from '#libs/recording-model';

/** What a token of the Core API may be limited to (contract §4). `storage.manage` is all of them. */
const SCOPES = ['storage.manage', 'storage.read', 'storage.create', 'storage.update', 'storage.delete'] as const;
export type StorageScope = (typeof SCOPES)[number];

/** A bearer token that may do only some things. */
export interface ScopedToken {
  readonly token: string;
  readonly scopes: ReadonlySet<StorageScope>;
}

const SCOPE_OF_METHOD: Readonly<Record<string, StorageScope>> = {
  GET: 'storage.read',
  HEAD: 'storage.read',
  POST: 'storage.create',
  PUT: 'storage.update',
  PATCH: 'storage.update',
  DELETE: 'storage.delete',
};

/** `token scope,scope; token scope`, as the setting `scopedTokens` has them. */
export const SCOPED_TOKENS_VALUE: SettingRule = {
  wanted: `tokens with their scopes (${SCOPES.join(', ')}): "token scope,scope; token scope"`,
  test: (text) => readTokens(text) !== null,
};

/** The limited tokens of an account; a setting that cannot be read gives none. */
export function scopedTokensOf({ secrets }: Pick<ApplicationView, 'secrets'>): readonly ScopedToken[] {
  return readTokens(secrets['scopedTokens'] ?? '') ?? [];
}

/**
 * A limited token is for the Storage API, and there for what its scopes name (contract §4).
 * @param path of the request below the host, without the query
 * @throws RecgateError `auth.invalid` with the field `scope`
 */
export function requireScope({ scopes }: ScopedToken, method: string, path: string): void {
  const needed = SCOPE_OF_METHOD[method];
  const isStorage = path.startsWith('/carrierx/core/v2/storage/');
  if (isStorage && needed !== undefined && (scopes.has('storage.manage') || scopes.has(needed))) return;
  throw new RecgateError('auth.invalid', `The token lacks the scope ${isStorage ? (needed ?? '') : 'of this API'}`, {
    field: 'scope',
  });
}

function readTokens(text: string): readonly ScopedToken[] | null {
  const entries = text.split(';').map((entry) => entry.trim());
  const read = entries.filter((entry) => entry !== '').map(readToken);
  return read.every((token) => token !== null) ? read : null;
}

function readToken(entry: string): ScopedToken | null {
  const [token = '', ...words] = entry.split(/[\s,]+/);
  const scopes = SCOPES.filter((scope) => words.includes(scope));
  return scopes.length === 0 || scopes.length < new Set(words).size ? null : { token, scopes: new Set(scopes) };
}
