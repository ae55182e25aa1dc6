import {
  splitUserinfo,
  type ApplicationView,
  type CallIdentity,
  type FlowRequest,
  type JsonObject,
} from '#libs/recording-model';
import { calloutState } from './sinch.callout-state.js';
import { callbackUrls } from './sinch.settings.js';

/** The callbacks that are flow requests; `notify` stands for `callingerror` (contract §1, §5). */
export const SINCH_PURPOSES = ['ice', 'ace', 'pie', 'dice', 'notify'] as const;
export type SinchPurpose = (typeof SINCH_PURPOSES)[number];

/** A PIE that tells of keys in a conference: its answer is 200 and no document (contract §1). */
export const CONFERENCE_PIE = 'conference.pie';

const SWITCHES: Readonly<Partial<Record<SinchPurpose, string>>> = {
  ace: 'enableAce',
  pie: 'enablePie',
  dice: 'enableDice',
};

/** Flow state: `true` after a connection with `suppressCallbacks`, which takes away ACE and DiCE (contract §1). */
export const SUPPRESSED = 'suppressCallbacks';

/**
 * The request for one callback: at the callback URL, then at the fallback URL; at the URL that a callout named for it;
 * or with the SVAML that a callout brought along, and then nobody is asked (contract §1, §3). Null without an address,
 * for a callout that did not enable this callback (`enableAce`, `enableDice`, `enablePie` in `call.vendor` are false),
 * and for a DiCE that is suppressed or written inline, where its answer would change nothing.
 */
export function sinchCallbackRequest(
  purpose: SinchPurpose,
  application: ApplicationView,
  call: CallIdentity,
  flowState: JsonObject = {},
): FlowRequest | null {
  const key = SWITCHES[purpose];
  if (key !== undefined && call.vendor[key] === false) return null;
  if (purpose === 'dice' && flowState[SUPPRESSED] === 'true') return null;
  const brought = purpose === 'notify' ? undefined : calloutState(flowState).answers[purpose];
  if (brought !== undefined) return broughtAlong(purpose, brought);
  const { primary, fallback } = callbackUrls(application);
  if (primary === null) return null;
  const request = { purpose, url: primary, method: 'POST', userinfo: null } as const;
  return fallback === null ? request : { ...request, fallbackUrl: fallback };
}

function broughtAlong(purpose: SinchPurpose, brought: string): FlowRequest | null {
  const request = { purpose, method: 'POST', userinfo: null } as const;
  if (isCallbackUrl(brought)) return { ...request, url: splitUserinfo(brought.trim()).url };
  if (purpose === 'dice') return null;
  return { ...request, url: `inline:${purpose}`, knownAnswer: { document: brought, when: 'always' } };
}

/** Whether a callout names a URL for a callback, not SVAML (contract §3). */
export function isCallbackUrl(text: string): boolean {
  return /^\s*https?:\/\//i.test(text);
}
