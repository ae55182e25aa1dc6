import type { FlowRequest, ParseContext, SecretRef, SourcePosition, UrlWithoutUserinfo } from '#libs/recording-model';
import { resolveUrl, type ParseLog, type XmlElement } from '../shared/index.js';
import { setting } from './kazoo.settings.js';
import type { TwimlAttributes } from './kazoo.twiml-attributes.js';

/** Everything one reading of a TwiML document shares. */
export interface TwimlScope {
  readonly context: ParseContext;
  /** Without userinfo; null when the document came from nowhere. */
  readonly documentUrl: string | null;
  readonly log: ParseLog;
  /** Credentials of steps other than record. */
  readonly secrets: Record<string, string>;
}

/** A URL of the document, ready for a step. */
export interface TwimlUrl {
  readonly url: string;
  readonly userinfo: SecretRef | null;
}

/**
 * The request that an attribute pair such as `action` and `method` (GET) asks for; null without a usable URL.
 * @param secrets takes the credentials of the URL
 */
export function requestOf(attributes: TwimlAttributes, scope: TwimlScope, secrets = scope.secrets): FlowRequest | null {
  const attribute = attributes.find('action');
  const to = 'step.next';
  const target = attribute === undefined ? null : twimlUrl(attribute.value, attribute.at, scope, secrets);
  if (attribute === undefined || target === null) {
    attributes.drop(['action'], 'not a URL that can be asked');
    attributes.drop(['method'], 'there is no action it could apply to');
    return null;
  }
  attributes.account(attribute, { to, ...(target.userinfo === null ? {} : { outcome: 'converted', reason: 'credentials kept apart' }) });
  return { purpose: 'action', method: attributes.method('method', to), ...target };
}

/** The URL that stands as the text of an element, its field accounted for; null when there is none that can be used. */
export function textUrl(element: XmlElement, to: string, scope: TwimlScope): TwimlUrl | null {
  if (element.text === null) return null;
  const target = twimlUrl(element.text.value, element.text.at, scope, scope.secrets);
  const fate = target === null ? { outcome: 'dropped' as const, reason: 'not a URL that can be asked' } : { outcome: 'exact' as const, to };
  scope.log.account(element.text.at, { value: scope.log.shown(element.text), ...fate });
  return target;
}

/** A URL made absolute against the document's, its credentials put apart; null, with a warning, when it is none. */
function twimlUrl(reference: string, at: SourcePosition, scope: TwimlScope, secrets: Record<string, string>): TwimlUrl | null {
  const resolved = tryUrl(reference, at, scope);
  if (resolved === null) return null;
  const { url, userinfo } = resolved;
  if (userinfo === null) return { url, userinfo: isRelative(reference) ? inheritedUserinfo(scope) : null };
  secrets[at.path] = userinfo;
  return { url, userinfo: { secret: at.path } };
}

function tryUrl(reference: string, at: SourcePosition, { documentUrl, log }: TwimlScope): UrlWithoutUserinfo | null {
  try {
    return resolveUrl(reference, documentUrl, at);
  } catch {
    log.warn('The URL is malformed', at);
    return null;
  }
}

/** True when the text names neither scheme nor host. */
export function isRelative(reference: string): boolean {
  return !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(reference.trim());
}

/** A relative URL keeps the credentials of the first document where it goes to the same place (RFC 3986 §5.2.2). */
function inheritedUserinfo({ context: { application }, documentUrl }: TwimlScope): SecretRef | null {
  const first = setting(application, 'callflowUrl');
  if (first === null || documentUrl === null || setting(application, 'callflowUserinfo') === null) return null;
  return URL.parse(first)?.origin === URL.parse(documentUrl)?.origin ? { secret: 'callflowUserinfo' } : null;
}
