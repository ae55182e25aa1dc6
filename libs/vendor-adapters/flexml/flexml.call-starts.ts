import type {
  ApplicationView,
  CallIdentity,
  FlowRequest,
  JsonObject,
  SecretRef,
  StoredCallStarts,
} from '#libs/recording-model';
import type { CallAddresses } from './flexml.api-fields.js';
import { didOf, FLEXML_DIDS, type DidFields } from './flexml.did-object.js';
import { methodSettingOf, urlSettingOf } from './flexml.settings.js';

/** Collection of the status callbacks that nobody has heard yet (contract §1.4, §1.5). */
export const FLEXML_UNTOLD = 'flexml.untold';

/** How a call begins, and what its end is to know. */
export interface FlexmlCallStart {
  readonly kind: 'request';
  readonly request: FlowRequest;
  readonly flowState: JsonObject;
}

/**
 * The document of a call and its status callback: those of the first of these objects (Call before DID) that names one,
 * else the account's, which are the settings (contract §1.1, §1.5). Null when nobody names a document.
 */
export function flexmlCallStart(
  application: ApplicationView,
  objects: readonly CallAddresses[],
): FlexmlCallStart | null {
  const own = objects.find(({ url }) => url !== null);
  const request =
    own === undefined || own.url === null
      ? settingRequest(application, 'document')
      : requestTo(application, 'document', own.url, own.method);
  if (request === null) return null;
  const told = objects.find(({ status_callback_url: url }) => url !== null);
  const statusCallback =
    told === undefined ? null : { url: told.status_callback_url, method: told.status_callback_method };
  return { kind: 'request', request, flowState: { statusCallback } };
}

/** Inbound calls begin with the document of the DID that was called (contract §1.1). */
export const flexmlCallStarts: StoredCallStarts = {
  collection: FLEXML_DIDS,
  choose(application, call, documents) {
    if (call.direction !== 'inbound') return null;
    const did = didOf(
      call.to,
      documents.map(({ body }) => body as unknown as DidFields),
    );
    return did === null ? null : flexmlCallStart(application, [did]);
  },
};

/** The request for the document of a new call that the account's settings name (contract §1.1). */
export function firstFlexmlRequest(application: ApplicationView): FlowRequest | null {
  return settingRequest(application, 'document');
}

/** The end-of-call status callback of the Call or DID object, else the account's (contract §1.5). */
export function lastFlexmlRequests(
  application: ApplicationView,
  _call: CallIdentity,
  flowState: JsonObject = {},
): readonly FlowRequest[] {
  const own = flowState['statusCallback'] as
    { readonly url?: string; readonly method?: 'GET' | 'POST' } | null | undefined;
  const request =
    own?.url === undefined
      ? settingRequest(application, 'statusCallback')
      : requestTo(application, 'statusCallback', own.url, own.method ?? 'POST');
  return request === null ? [] : [{ ...request, keptIn: FLEXML_UNTOLD }];
}

type Purpose = 'document' | 'statusCallback';

function settingRequest(application: ApplicationView, purpose: Purpose): FlowRequest | null {
  const url = urlSettingOf(application, `${purpose}Url`);
  if (url === null) return null;
  const method = methodSettingOf(application, `${purpose}Method`);
  return { purpose, url, method, userinfo: credentials(application, purpose) };
}

/** The account's credentials go to the account's own server only. */
function requestTo(application: ApplicationView, purpose: Purpose, url: string, method: 'GET' | 'POST'): FlowRequest {
  const account = urlSettingOf(application, `${purpose}Url`);
  const isOwnServer = account !== null && URL.parse(account)?.origin === URL.parse(url)?.origin;
  return { purpose, url, method, userinfo: isOwnServer ? credentials(application, purpose) : null };
}

function credentials(application: ApplicationView, purpose: Purpose): SecretRef | null {
  const secret = `${purpose}Userinfo`;
  return application.secrets[secret] === undefined ? null : { secret };
}
