import type { ApplicationView, CallIdentity, FlowRequest } from '#libs/recording-model';
import { callbackUrls } from './sinch.settings.js';

/** The callbacks that are flow requests; `notify` stands for `callingerror` (contract §1, §5). */
export const SINCH_PURPOSES = ['ice', 'ace', 'pie', 'dice', 'notify'] as const;
export type SinchPurpose = (typeof SINCH_PURPOSES)[number];

const SWITCHES: Readonly<Partial<Record<SinchPurpose, string>>> = {
  ace: 'enableAce',
  pie: 'enablePie',
  dice: 'enableDice',
};

/**
 * The request for one callback; null without a callback URL, and for a callout that did not enable this callback
 * (`enableAce`, `enableDice`, `enablePie` in `call.vendor` are false; contract §1).
 */
export function sinchCallbackRequest(
  purpose: SinchPurpose,
  application: ApplicationView,
  call: CallIdentity,
): FlowRequest | null {
  const { primary } = callbackUrls(application);
  const key = SWITCHES[purpose];
  if (primary === null || (key !== undefined && call.vendor[key] === false)) return null;
  return { purpose, url: primary, method: 'POST', userinfo: null };
}
