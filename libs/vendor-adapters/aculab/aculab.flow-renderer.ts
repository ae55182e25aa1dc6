import {
  isSecretRef,
  RecgateError,
  type ApplicationView,
  type FlowContext,
  type FlowRequest,
  type JsonObject,
  type WireRequest,
} from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { callInfo, callStartOf, instanceHead, notificationFlag } from './aculab.instance-info.js';
import { ACTION_NAMES } from './aculab.interrupt.js';
import { pageRequest } from './aculab.page-request.js';
import { recordActionResult } from './aculab.record-result.js';
import { apiVersionOf, methodOf, settingOf } from './aculab.settings.js';
import { textOf } from './aculab.error-form.js';
import { decimal, type RawNumber, type WireObject } from './aculab.wire-json.js';

type ServicePage = 'first' | 'final' | 'error';

/**
 * The first, final or error page of the service configuration (contract §1.1); null when the settings name none. The
 * final and the error page may be relative to the first.
 * @throws RecgateError `field.invalid` when the setting is not a URL.
 */
export function servicePage(application: ApplicationView, page: ServicePage): FlowRequest | null {
  const key = `${page}Page` as const;
  const written = settingOf(application, key);
  if (written === undefined) return null;
  const base = page === 'first' ? null : (settingOf(application, 'firstPage') ?? null);
  const { url } = resolveUrl(written, base, { path: key }, { field: key });
  const userinfo = application.secrets['pageCredentials'] === undefined ? null : { secret: 'pageCredentials' };
  return { purpose: `${page}_page`, url, method: methodOf(application, `${key}Method`), userinfo };
}

/** The wire form of a request to a page of the call flow: the instance info (contract §1.3). */
export function renderFlowRequest(request: FlowRequest, context: FlowContext): WireRequest {
  const version = apiVersionOf(context.application);
  return pageRequest(chosenPage(request, context), {
    ...instanceHead(context.call, context.flowState['token'] ?? context.call.vendor['token'], callStartOf(context)),
    ...notificationFlag(version, false),
    this_call: callInfo(context, request.purpose === 'final_page'),
    ...outcome(request, context),
  });
}

/**
 * The redirect page of an interrupted run (contract §6) gets the recording's result too, or its file name would be lost;
 * of any other action it hears that it was interrupted, and no result (§1.5).
 */
const TOLD_OF_ACTION: ReadonlySet<string> = new Set(['next_page', 'redirect_page']);

/** What the page is told of the action before it: nothing after `redirect` and on the first and final page (contract §1.3). */
function outcome(request: FlowRequest, context: FlowContext): WireObject {
  if (request.purpose === 'error_page') return { error_result: errorResult(context) };
  if (!TOLD_OF_ACTION.has(request.purpose)) return {};
  const result = actionResult(request, context);
  return result === null ? {} : { action_result: result };
}

function actionResult(request: FlowRequest, context: FlowContext): WireObject | null {
  const { recording, collected, application } = context;
  if (recording !== null) return recordActionResult(recording, apiVersionOf(application), false);
  const action = awaitedPage(request, context)['action'];
  if (action === 'get_number') return { action, result: { entered_number: collected?.digits ?? '' } };
  if (action === 'connect') return { action, result: { seconds_connected_duration: connectedSeconds(context) } };
  if (typeof action === 'string') return { action, result: {} };
  return request.purpose === 'redirect_page' ? interruptedAction(context) : null;
}

/** Half up, one decimal, as durations of calls and recordings are (contract §1.4, §5.1). */
function connectedSeconds({ connectedMs = 0 }: FlowContext): RawNumber {
  return decimal(Math.floor(connectedMs / 100 + 0.5));
}

/** Contract §1.5: without a result; the action is named where it is known. */
function interruptedAction({ interrupted }: FlowContext): WireObject {
  const step = interrupted?.step ?? null;
  const action = step === null ? undefined : ACTION_NAMES[step];
  return { ...(action === undefined ? {} : { action }), interrupted: true };
}

/** What the document that named the page left in the flow state about it. */
function awaitedPage(request: FlowRequest, context: FlowContext): JsonObject {
  const pages = context.flowState['nextPages'];
  const page = isObject(pages) && Object.hasOwn(pages, request.url) ? pages[request.url] : undefined;
  return isObject(page) ? page : {};
}

/** `error_result` (contract §1.3): the failing action and its index, where the place of the error tells them, and the text. */
function errorResult(context: FlowContext): WireObject {
  const { error } = context;
  const [, index, action] =
    /^(?:\/actions)?(?:\/(\d+))?\/(?!actions\b)([a-z_]+)/.exec(error?.position?.path ?? '') ?? [];
  const place = {
    ...(action === undefined ? {} : { action }),
    ...(index === undefined ? {} : { action_index: Number(index) }),
  };
  return { ...place, result: error === null ? 'error' : textOf(error) };
}

/**
 * A menu has one page per key: the key that was pressed chooses it (contract §7, `run_menu`).
 * @throws RecgateError `request.invalid` for a key the menu does not offer.
 */
function chosenPage(request: FlowRequest, context: FlowContext): FlowRequest {
  const { keys } = awaitedPage(request, context);
  if (request.purpose !== 'next_page' || context.recording !== null || !isObject(keys)) return request;
  const key = context.collected?.digits.charAt(0) ?? '';
  const page = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (!isObject(page) || typeof page['url'] !== 'string')
    throw new RecgateError('request.invalid', `The menu offers nothing for the key "${key}"`, { field: 'run_menu' });
  // Each page has credentials of its own, or none: those of another must not reach it.
  const userinfo = isSecretRef(page['userinfo']) ? page['userinfo'] : null;
  return { ...request, url: page['url'], method: page['method'] === 'GET' ? 'GET' : 'POST', userinfo };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
