/** What a request shows to prove who it is (contract §1.6, §4). */
export type FlexmlCredentials =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly login: string; readonly password: string };

/** Credentials of an `Authorization` header; null when it holds none of either kind. */
export function readFlexmlCredentials(header: string | undefined): FlexmlCredentials | null {
  const [, scheme = '', value = ''] = /^\s*(bearer|basic)\s+(\S{1,4096})\s*$/i.exec(header ?? '') ?? [];
  if (scheme === '') return null;
  if (scheme.toLowerCase() === 'bearer') return { kind: 'bearer', token: value };
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? null : { kind: 'basic', login: text.slice(0, colon), password: text.slice(colon + 1) };
}
