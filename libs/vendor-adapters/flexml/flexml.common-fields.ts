import type { ApplicationView, CallIdentity, CallState, JsonObject, JsonValue } from '#libs/recording-model';
import { settingOf } from './flexml.settings.js';

/** What is known of the call when a request goes out. */
export interface CallMoment {
  readonly application: ApplicationView;
  readonly call: CallIdentity;
  readonly callState: CallState;
  /** The document that was running. */
  readonly documentUrl: string | null;
  /** How the call ended; default `completed`. */
  readonly outcome?: CallOutcome;
}

export type CallOutcome = 'completed' | 'failed' | 'cancel' | 'noanswer';

/** `callStatusWords` → outcome → `CallStatus` (contract §1.2, §2.5 row 4). */
const STATUS_WORDS = {
  current: { completed: 'completed', failed: 'failed', cancel: 'cancel', noanswer: 'noanswer' },
  older: { completed: 'completed', failed: 'app-error', cancel: 'no-answer', noanswer: 'no-answer' },
} as const satisfies Record<string, Record<CallOutcome, string>>;

/** The fields of every request in the order of contract §3.1 (meaning: §1.2). */
export function commonFields({ application, call, callState, documentUrl, outcome }: CallMoment): JsonObject {
  return {
    AccountSid: '',
    ApiVersion: settingOf(application, 'apiVersion'),
    CallSid: call.callId,
    CallStatus: callState === 'ended' ? statusWord(application, call, outcome ?? 'completed') : '',
    CallerName: identity(call, 'CallerName') ?? '',
    Direction: call.direction === 'inbound' ? 'inbound' : 'outbound-api',
    ...optional('ForwardedFrom', identity(call, 'ForwardedFrom')),
    From: withoutPlus(call.from),
    To: withoutPlus(call.to),
    OriginalFrom: identity(call, 'OriginalFrom') ?? call.from,
    OriginalTo: identity(call, 'OriginalTo') ?? call.to,
    RequestUrl: documentUrl ?? '',
    ...optional('PartnerSid', identity(call, 'PartnerSid') ?? settingOf(application, 'partnerSid')),
    ...optional('EndpointSid', identity(call, 'EndpointSid') ?? settingOf(application, 'endpointSid')),
    ...sipHeaders(call),
  };
}

/** An outcome the call identity brings itself (`CallStatus: "busy"`) is taken as it is. */
function statusWord(application: ApplicationView, call: CallIdentity, outcome: CallOutcome): string {
  const words = STATUS_WORDS[settingOf(application, 'callStatusWords') === 'older' ? 'older' : 'current'];
  return identity(call, 'CallStatus') ?? words[outcome];
}

function identity(call: CallIdentity, name: string): string | null {
  const value: JsonValue | undefined = call.vendor[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function optional(name: string, value: string | null): JsonObject {
  return value === null ? {} : { [name]: value };
}

function sipHeaders(call: CallIdentity): JsonObject {
  return Object.fromEntries(Object.entries(call.vendor).filter(([name]) => name.startsWith('SipHeader_')));
}

/** E.164 without the plus (contract §2.5 row 6). */
function withoutPlus(number: string): string {
  return number.replace(/^\+/, '');
}
