import {
  type ApplicationView,
  type FlowRequest,
  type SecretBag,
  type SecretRef,
  type SourcePosition,
  type UrlWithoutUserinfo,
} from '#libs/recording-model';
import { resolveUrl, type ParseLog, type XmlElement } from '../shared/index.js';
import type { AttributeReader, FieldFate } from './attribute-reader.js';
import { settingOf } from './flexml.settings.js';
import { shownValue } from './redaction.js';

/** What every verb is read with. */
export interface MapContext {
  readonly application: ApplicationView;
  /** URL of the document, without userinfo; null when it came from nowhere. */
  readonly documentUrl: string | null;
  readonly log: ParseLog;
}

/** The secret that authenticates at documentUrl. */
export const DOCUMENT_USERINFO = 'documentUserinfo';

/** Collects the credentials of one Record under the names its spec refers to. */
export class SecretCollector {
  private readonly entries: Record<string, string> = {};

  add(name: string, value: string): SecretRef {
    this.entries[name] = value;
    return { secret: name };
  }

  get bag(): SecretBag {
    return { ...this.entries };
  }
}

/**
 * Resolves a URL attribute against the document's URL (contract §1.1), takes its credentials out and accounts for it.
 * @throws RecgateError `field.invalid` when it is no http or https URL.
 */
export function urlAttribute(
  reader: AttributeReader,
  name: string,
  context: MapContext,
  fate: FieldFate,
): UrlWithoutUserinfo | null {
  const attribute = reader.find(name);
  if (attribute === undefined) return null;
  const resolved = resolveHere(attribute.value, attribute.at, `${reader.element.name}@${attribute.name}`, context);
  reader.account(attribute, fate);
  return resolved;
}

/** Resolves a URL that stands as element text; whitespace around it is ignored (contract §1.1). */
export function urlText(
  element: XmlElement,
  context: MapContext,
  to: string,
  dropped?: string,
): UrlWithoutUserinfo | null {
  if (element.text === null) return null;
  const resolved = resolveHere(element.text.value, element.text.at, element.name, context);
  const fate = dropped === undefined ? { outcome: 'exact' as const } : { outcome: 'dropped' as const, reason: dropped };
  context.log.account(element.text.at, { value: shownValue(element.text), to, ...fate });
  return resolved;
}

/**
 * An attribute pair such as `action` and `method` of a verb that is not Record; null when there is no URL.
 * @param purpose of the request; default: the name of the attribute
 */
export function flowRequestAttribute(
  reader: AttributeReader,
  names: { readonly url: string; readonly method: string },
  context: MapContext,
  purpose = names.url,
): FlowRequest | null {
  const to = 'step.next';
  const resolved = urlAttribute(reader, names.url, context, { to });
  if (resolved === null) {
    reader.drop([names.method], `there is no ${names.url} it could apply to`);
    return null;
  }
  const method = readMethod(reader, names.method, to);
  return flowRequest(purpose, resolved, method, reader.element.at, context);
}

/** POST unless the document says GET, in any case. */
export function readMethod(reader: AttributeReader, name: string, to: string): 'GET' | 'POST' {
  return reader.keyword<'GET' | 'POST'>(name, {
    words: { POST: 'POST', GET: 'GET' },
    fallback: 'POST',
    outcome: 'exact',
    to,
  });
}

/** Puts the credentials of a URL into the recording's bag. */
export function keepUserinfo(
  name: string,
  { userinfo }: UrlWithoutUserinfo,
  secrets: SecretCollector,
): SecretRef | null {
  return userinfo === null ? null : secrets.add(`${name}.userinfo`, userinfo);
}

/**
 * A request of a verb other than Record. Such steps carry no secret bag: only the application's own credentials can be
 * referred to, others are left out with a warning.
 */
export function flowRequest(
  purpose: string,
  resolved: UrlWithoutUserinfo,
  method: 'GET' | 'POST',
  at: SourcePosition,
  context: MapContext,
): FlowRequest {
  const own = context.application.secrets[DOCUMENT_USERINFO];
  const isOwn = resolved.userinfo !== null && resolved.userinfo === own;
  if (resolved.userinfo !== null && !isOwn) {
    context.log.warn(`The credentials in the URL are not sent; set ${DOCUMENT_USERINFO} instead`, at);
  }
  return { purpose, url: resolved.url, method, userinfo: isOwn ? { secret: DOCUMENT_USERINFO } : null };
}

function resolveHere(reference: string, at: SourcePosition, field: string, context: MapContext): UrlWithoutUserinfo {
  const resolved = resolveUrl(reference, context.documentUrl, at, { field });
  if (resolved.userinfo !== null || /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(reference.trim())) return resolved;
  return { ...resolved, userinfo: inheritedUserinfo(context) };
}

/** A relative URL keeps the authority of its document, credentials included (RFC 3986 §5.2.2). */
function inheritedUserinfo({ application, documentUrl }: MapContext): string | null {
  const own = application.secrets[DOCUMENT_USERINFO];
  const first = settingOf(application, 'documentUrl');
  if (own === undefined || first === null || documentUrl === null) return null;
  return URL.parse(first)?.origin === URL.parse(documentUrl)?.origin ? own : null;
}
