import { type ApplicationView, type FlowAction, type FlowRequest, type JsonObject } from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { settingOf } from './aculab.settings.js';
import { malformed, type WebParameters } from './aculab.web-parameters.js';

/** Most runs that one request may interrupt. */
const MOST_IDS = 100;

/** What became of one id (contract §6). */
export type InterruptResult = 'interrupted' | 'no such application' | 'application already completed';

/** @throws RecgateError `field.missing`, `field.invalid` */
export function readInstanceIds(parameters: WebParameters): readonly string[] {
  const name = 'application_instance_ids';
  const ids = parameters.required(name).split('/');
  if (ids.length > MOST_IDS) throw malformed(name, `must hold at most ${MOST_IDS} ids`);
  if (ids.includes('')) throw malformed(name, 'holds an empty id');
  return [...new Set(ids)];
}

/** The redirect page as it was asked for; relative addresses are resolved against the application's first page. */
export interface RedirectPage {
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** @throws RecgateError `field.invalid` */
export function readRedirectPage(parameters: WebParameters): RedirectPage | null {
  const url = parameters.text('redirect_page', 2048);
  const written = parameters.text('redirect_method');
  const method = written?.toUpperCase() ?? 'POST';
  if (method !== 'GET' && method !== 'POST') throw malformed('redirect_method', 'must be GET or POST');
  return url === undefined ? null : { url, method };
}

/**
 * The request that goes on with an interrupted run. A page on the host of the first page is asked with the
 * application's page credentials.
 * @throws RecgateError `field.invalid` for an address that is none, or that holds credentials
 */
export function redirectRequest({ url, method }: RedirectPage, application: ApplicationView): FlowRequest {
  const name = 'redirect_page';
  const firstPage = settingOf(application, 'firstPage') ?? null;
  const resolved = resolveUrl(url, firstPage, { path: name }, { field: name });
  if (resolved.userinfo !== null) throw malformed(name, 'may not hold credentials: set pageCredentials');
  const sameHost = firstPage !== null && URL.parse(firstPage)?.origin === new URL(resolved.url).origin;
  const userinfo =
    sameHost && application.secrets['pageCredentials'] !== undefined ? { secret: 'pageCredentials' } : null;
  return { purpose: name, url: resolved.url, method, userinfo };
}

/** Steps in the vendor's words. */
export const ACTION_NAMES: Partial<Record<FlowAction['kind'], string>> = {
  record: 'record',
  speak: 'play',
  playMedia: 'play',
  sendDigits: 'play',
  wait: 'sleep',
  collectDigits: 'get_number',
  connect: 'connect',
};

/** One member of the answer; the interrupted action is named where it is known (contract §6). */
export function interruptAnswer(result: InterruptResult, step: FlowAction['kind'] | null): JsonObject {
  const action = step === null ? undefined : ACTION_NAMES[step];
  return { result, ...(action === undefined ? {} : { action }) };
}
