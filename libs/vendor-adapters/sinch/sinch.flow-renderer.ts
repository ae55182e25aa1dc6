import type {
  ErrorCode,
  CallEndReason,
  CallIdentity,
  FlowContext,
  FlowRequest,
  JsonValue,
  WireRequest,
} from '#libs/recording-model';
import { CONFERENCE_PIE, SINCH_PURPOSES, type SinchPurpose } from './sinch.callback-request.js';
import { COOKIE } from './sinch.call-script.js';
import { CONFERENCE_KEYS } from './sinch.conference-keys.js';
import { sinchErrorMessage } from './sinch.errors.js';
import { menuResult } from './sinch.menu-result.js';
import { apiBaseUrl, applicationKeyOf } from './sinch.settings.js';
import { toSinchRequest } from './sinch.wire-request.js';

type Body = Readonly<Record<string, JsonValue>>;

/** Nothing is charged here, but the fields belong to the callbacks. */
export const FREE: JsonValue = { currencyId: 'USD', amount: 0 };

const BODIES: Readonly<Record<SinchPurpose, (context: FlowContext) => Body>> = {
  ice: iceBody,
  ace: aceBody,
  pie: pieBody,
  dice: diceBody,
  notify: callingErrorBody,
};

/** The wire form of an ICE, ACE, PIE, DiCE or callingerror callback (contract §1.1, §5), members in the order of the samples. */
export function renderSinchFlowRequest(request: FlowRequest, context: FlowContext): WireRequest {
  if (request.purpose === CONFERENCE_PIE) return toSinchRequest(request.url, conferencePieBody(context), context);
  const purpose = SINCH_PURPOSES.find((each) => each === request.purpose);
  const body = purpose === undefined ? { event: request.purpose } : BODIES[purpose](context);
  return toSinchRequest(request.url, body, context);
}

function iceBody(context: FlowContext): Body {
  const { call, application } = context;
  const base = apiBaseUrl(application, context.gatewayUrl);
  const isApp = call.vendor['domain'] === 'mxp';
  return {
    ...head('ice', call),
    ...(base === null ? {} : { callResourceUrl: `${base}/calling/v1/calls/id/${encodeURIComponent(call.callId)}` }),
    timestamp: timestampOf(context.now),
    version: 1,
    ...present(call, ['custom', 'user']),
    userRate: call.vendor['userRate'] ?? FREE,
    cli: withoutPlus(call.from) || 'private',
    to: call.vendor['to'] ?? { type: toType(call), endpoint: call.to },
    domain: isApp ? 'mxp' : (call.vendor['domain'] ?? 'pstn'),
    applicationKey: applicationKeyOf(application),
    originationType: call.vendor['originationType'] ?? (isApp ? 'MXP' : 'PSTN'),
    rdnis: call.vendor['rdnis'] ?? '',
    ...present(call, ['callHeaders']),
    ...cookies(context),
  };
}

function aceBody(context: FlowContext): Body {
  return {
    ...head('ace', context.call),
    timestamp: timestampOf(context.now),
    version: 1,
    custom: customOf(context.call),
    applicationKey: applicationKeyOf(context.application),
    ...present(context.call, ['user', 'amd']),
    ...cookies(context),
  };
}

function pieBody(context: FlowContext): Body {
  return pieOf(context, menuResult(context));
}

/** The keys that a participant pressed; the menu has the name of the conference. */
function conferencePieBody(context: FlowContext): Body {
  const menuId = context.flowState[CONFERENCE_KEYS] ?? '';
  return pieOf(context, { type: 'sequence', value: context.collected?.digits ?? '', menuId, inputMethod: 'dtmf' });
}

function pieOf(context: FlowContext, result: JsonValue): Body {
  return {
    ...head('pie', context.call),
    timestamp: timestampOf(context.now),
    menuResult: result,
    version: 1,
    custom: customOf(context.call),
    applicationKey: applicationKeyOf(context.application),
    ...cookies(context),
  };
}

function diceBody(context: FlowContext): Body {
  const { call, application } = context;
  const seconds = Math.ceil(context.callDurationMs / 1000);
  const isAnswered = context.answered && context.endReason !== 'noAnswer';
  return {
    ...head('dice', call),
    timestamp: timestampOf(context.now),
    reason: reasonOf(context),
    result: endResult(isAnswered, context.endReason),
    version: 1,
    custom: customOf(call),
    debit: call.vendor['debit'] ?? FREE,
    userRate: call.vendor['userRate'] ?? FREE,
    to: call.vendor['to'] ?? { type: toType(call) === 'did' ? 'number' : toType(call), endpoint: withoutPlus(call.to) },
    applicationKey: applicationKeyOf(application),
    ...(isAnswered ? { duration: seconds } : {}),
    from: withoutPlus(call.from),
    ...present(call, ['callHeaders', 'user']),
    ...cookies(context),
  };
}

function callingErrorBody({ call, error }: FlowContext): Body {
  const internal = error !== null && error.blame !== 'request';
  return {
    event: 'notify',
    callid: call.callId,
    version: 1,
    type: 'callingerror',
    errorCode: internal ? 50000 : 40001,
    errorMsg: error === null ? 'The SVAML is not valid' : sinchErrorMessage(error),
  };
}

function head(event: string, call: CallIdentity): Body {
  return {
    event,
    callid: call.callId,
    ...(call.conferenceId === undefined ? {} : { conferenceId: call.conferenceId }),
  };
}

/** `YYYY-MM-DDThh:mm:ssZ`, as the samples have it. */
function timestampOf(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}

export function withoutPlus(number: string): string {
  return number.replace(/^\+(?=\d+$)/, '');
}

/** Kind of address that was called, where the call does not say it. */
export function toType(call: CallIdentity): string {
  if (call.conferenceId !== undefined) return 'conference';
  if (/^\+?\d+$/.test(call.to)) return 'did';
  return /^sips?:|@/i.test(call.to) ? 'sip' : 'username';
}

function customOf(call: CallIdentity): JsonValue {
  return call.vendor['custom'] ?? '';
}

function present(call: CallIdentity, keys: readonly string[]): Body {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = call.vendor[key];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

function cookies(context: FlowContext): Body {
  const list = Object.entries(context.flowState)
    .filter(([key]) => key.startsWith(COOKIE))
    .map(([key, value]) => ({ key: key.slice(COOKIE.length), value }));
  return list.length === 0 ? {} : { cookies: list };
}

const HANGUP_REASONS = { caller: 'CALLERHANGUP', callee: 'CALLEEHANGUP', gateway: 'MANAGERHANGUP' } as const;

/** Ends that nobody on the call brought about. */
const OTHER_REASONS: Readonly<Partial<Record<CallEndReason, string>>> = {
  applicationFailed: 'CALLBACKERROR',
  mediaTimeout: 'TIMEOUT',
  nodeStopped: 'GENERALERROR',
  nodeLost: 'GENERALERROR',
};

function reasonOf({ hangupBy, error, answered, endReason: why }: FlowContext): string {
  return error === null ? endReason(hangupBy, answered, why) : errorReason(error.code);
}

/** Why a call ended (contract §1.1): a caller who gives up before the answer cancels. */
export function endReason(by: FlowContext['hangupBy'], answered: boolean, why?: CallEndReason): string {
  // Who was called did not answer, or was not given the time (contract §1.1).
  if (why === 'noAnswer') return by === null || by === 'gateway' ? 'TIMEOUT' : 'NOANSWER';
  const other = why === undefined ? undefined : OTHER_REASONS[why];
  if (other !== undefined) return other;
  if (by === null) return 'N/A';
  return by === 'caller' && !answered ? 'CANCEL' : HANGUP_REASONS[by];
}

const FAILED: ReadonlySet<CallEndReason | undefined> = new Set([
  'applicationFailed',
  'nodeStopped',
  'nodeLost',
] as const);

/** What became of a call (contract §1.1). */
export function endResult(answered: boolean, why?: CallEndReason): string {
  if (answered && why !== 'noAnswer') return 'ANSWERED';
  return FAILED.has(why) ? 'FAILED' : 'NOANSWER';
}

/** Why a call ended whose flow an error broke (contract §1.1). */
export function errorReason(code: ErrorCode): string {
  if (/^(document|field)\./.test(code)) return 'INVALIDSVAMLACTION';
  return code.startsWith('outbound.') ? 'CALLBACKERROR' : 'GENERALERROR';
}
