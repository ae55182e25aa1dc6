import { splitUserinfo, type Destination, type SecretBag } from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { uploadMethod } from './kazoo.record-fields.js';
import type { FieldReader, KazooScope } from './kazoo.scope.js';
import { setting } from './kazoo.settings.js';

/** Where a recording goes, and what the metadata says of it. */
export interface KazooDestination {
  readonly destination: Destination;
  readonly secrets: SecretBag;
  /** The handler's id as `att_handlers_errors` shows it: `overridden` for `data.url` (contract §4.6). */
  readonly handlerId: string | null;
}

/** What Kazoo's storer takes at run time (contract §1.2 `url`). */
const UPLOADS: Readonly<Record<string, 'http-upload' | 'ftp-upload'>> = {
  http: 'http-upload',
  https: 'http-upload',
  ftp: 'ftp-upload',
  ftps: 'ftp-upload',
};
const REFUSALS: Readonly<Record<string, string>> = {
  sftp: 'sftp needs the host key of the server, for which the node has no field',
};
const USERINFO = 'url.userinfo';

/** `url`, `method` and, without a URL, plan and settings: the table of contract §2.1. */
export function destinationOf(data: FieldReader, scope: KazooScope): KazooDestination {
  const method = uploadMethod(data);
  const value = data.value('url');
  if (value === undefined) {
    const fallen = withoutUrl(data, scope);
    data.defaulted('url', '', 'spec.destination', reasonOf(fallen));
    return fallen;
  }
  if (value === '' || value === null) {
    const fallen = withoutUrl(data, scope);
    data.account('url', 'converted', { to: 'spec.destination', reason: `empty: ${reasonOf(fallen)}` });
    return fallen;
  }
  return typeof value === 'string' ? toUrl(value, method, data, scope) : notStored(data, 'url is not a text', '');
}

function toUrl(text: string, method: 'PUT' | 'POST', data: FieldReader, scope: KazooScope): KazooDestination {
  const shown = splitUserinfo(text).url;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text.trim())?.[1]?.toLowerCase() ?? '';
  const kind = UPLOADS[scheme];
  if (kind === undefined) return notStored(data, REFUSALS[scheme] ?? 'only http, https, ftp and ftps URLs are stored to', shown);
  const resolved = tryResolve(text, data, scope);
  if (resolved === null) return notStored(data, 'the URL is malformed', shown);
  const userinfo = resolved.userinfo === null ? null : { secret: USERINFO };
  const url = withoutDotSegments(resolved.url);
  data.account('url', userinfo === null ? 'exact' : 'converted', {
    to: 'spec.destination.url',
    value: url,
    ...(userinfo === null ? {} : { reason: 'credentials kept apart' }),
  });
  return {
    destination: kind === 'ftp-upload' ? { kind, url, userinfo } : { kind, url, method, userinfo },
    secrets: resolved.userinfo === null ? {} : { [USERINFO]: resolved.userinfo },
    handlerId: 'overridden',
  };
}

function withoutUrl(data: FieldReader, scope: KazooScope): KazooDestination {
  const { storagePlan: plan, settings } = scope;
  const local: KazooDestination = {
    destination: { kind: 'media-store', container: null, file: null },
    secrets: {},
    handlerId: null,
  };
  if (plan !== null) {
    if (plan.destination !== null)
      return { destination: plan.destination, secrets: plan.secrets, handlerId: plan.handlerId };
    // A recording that its plan cannot take is kept rather than lost.
    data.warn(
      'url',
      `The storage plan cannot be followed (${plan.problem}): the recording goes to the own media store`,
    );
    return local;
  }
  if (!settings.storeRecordings) {
    data.warn('url', 'The recording is not stored: no url, no storage plan, and storeRecordings is false');
    return {
      destination: { kind: 'none', reason: 'no url, no storage plan, store_recordings is false' },
      secrets: {},
      handlerId: null,
    };
  }
  const host = setting(scope.context.application, 'thirdPartyBigcouchHost');
  if (host === null) return local;
  const { url, userinfo } = resolveUrl(host, null, { path: 'settings.thirdPartyBigcouchHost' });
  return {
    destination: { kind: 'http-upload', url, method: 'PUT', userinfo: userinfo === null ? null : { secret: USERINFO } },
    secrets: userinfo === null ? {} : { [USERINFO]: userinfo },
    handlerId: 'third_party_bigcouch_host',
  };
}

function notStored(data: FieldReader, reason: string, shown: string): KazooDestination {
  data.account('url', 'dropped', { reason, value: shown });
  data.warn('url', `The recording is not stored: ${reason}`);
  return { destination: { kind: 'none', reason }, secrets: {}, handlerId: null };
}

function reasonOf({ destination, handlerId }: KazooDestination): string {
  if (destination.kind === 'none') return 'the recording is not stored';
  return handlerId === null ? 'own media store' : `handler ${handlerId}`;
}

function tryResolve(
  text: string,
  data: FieldReader,
  scope: KazooScope,
): { url: string; userinfo: string | null } | null {
  try {
    return resolveUrl(text, null, scope.document.positionOf(`${data.pointer}/url`), { schemes: Object.keys(UPLOADS) });
  } catch {
    return null;
  }
}

function withoutDotSegments(url: string): string {
  return /\/\.\.?(\/|$)/.test(url.split(/[?#]/)[0] ?? '') ? new URL(url).href : url;
}
