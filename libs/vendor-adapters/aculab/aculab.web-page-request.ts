import { type FlowRequest, type SecretRef } from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { withoutCredentials, type DocumentScope } from './aculab.document-scope.js';
import { ObjectReader } from './aculab.object-reader.js';

/**
 * Reads a web page request object (contract §3): `url`, absolute or relative to the page that returned the action, and
 * `method`, POST when absent. A bare string stands for the object with that URL. Userinfo goes to the secret bag.
 * @throws RecgateError `field.missing`, `field.invalid`.
 */
export function webPageRequest(owner: ObjectReader, name: string, to: string): FlowRequest | null {
  const { scope } = owner;
  if (!owner.has(name)) {
    owner.string(name, { to });
    return null;
  }
  if (typeof owner.value(name) === 'string') {
    const address = pageAddress(owner, name, to, 'a bare URL stands for a web page request');
    return { purpose: name, ...address, method: 'POST' };
  }
  const page = ObjectReader.at(scope, owner.path(name));
  if (!page.has('url')) throw page.missing('url');
  return { purpose: name, ...pageAddress(page, 'url', `${to}.url`, null), method: pageMethod(page, to) };
}

/** A page is asked by GET or POST; lower case is tolerated, anything else is refused. */
function pageMethod(page: ObjectReader, to: string): 'GET' | 'POST' {
  const rule = { to: `${to}.method` };
  if (!page.has('method')) {
    page.string('method', rule);
    if (!page.names().includes('method')) page.scope.accounts.defaulted(page.path('method'), 'POST', rule);
    return 'POST';
  }
  const written = page.value('method');
  const method = typeof written === 'string' ? written.toUpperCase() : '';
  if (method !== 'GET' && method !== 'POST') throw page.refused('method', 'must be GET or POST');
  page.account('method', method === written ? rule : { ...rule, outcome: 'converted', reason: 'upper case' });
  return method;
}

interface PageAddress {
  readonly url: string;
  readonly userinfo: SecretRef | null;
}

function pageAddress(owner: ObjectReader, name: string, to: string, reason: string | null): PageAddress {
  const { scope } = owner;
  const at = owner.path(name);
  const written = owner.value(name);
  if (typeof written !== 'string') throw owner.refused(name, 'must be a string');
  const { url, userinfo } = resolveUrl(written, scope.pageUrl, scope.document.positionOf(at), { field: at });
  const changes = [
    ...(reason === null ? [] : [reason]),
    ...(userinfo === null ? [] : ['credentials sealed']),
    ...(userinfo === null && url !== written ? ['resolved against the page'] : []),
  ];
  owner.account(name, {
    to,
    value: withoutCredentials(written),
    ...(changes.length === 0 ? {} : { outcome: 'converted' as const, reason: changes.join('; ') }),
  });
  return { url, userinfo: pageUserinfo(scope, at, url, userinfo) };
}

/** A page on the host of the first page is asked with the application's page credentials when its URL has none, as a browser follows a link. */
function pageUserinfo(scope: DocumentScope, at: string, url: string, userinfo: string | null): SecretRef | null {
  if (userinfo !== null) return keep(scope, at, userinfo);
  const shared = scope.application.secrets['pageCredentials'];
  const firstPage = URL.parse(scope.application.settings['firstPage'] ?? '')?.origin;
  return shared !== undefined && firstPage === new URL(url).origin ? keep(scope, 'pageCredentials', shared) : null;
}

function keep(scope: DocumentScope, name: string, value: string): SecretRef {
  scope.secrets[name] = value;
  return { secret: name };
}
