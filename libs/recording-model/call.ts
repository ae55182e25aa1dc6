import type { JsonObject } from './json.js';

/** The two legs of a call. `caller` is the calling party, `callee` the called party, whoever placed the call. */
export const PARTIES = ['caller', 'callee'] as const;
export type Party = (typeof PARTIES)[number];

export type CallDirection = 'inbound' | 'outbound';

/** Who a call is, as the vendor's application sees it. */
export interface CallIdentity {
  /** The call id in the vendor's own form. */
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly direction: CallDirection;
  /** Set when the call is a conference. */
  readonly conferenceId?: string;
  /** The vendor's own identity fields under the vendor's own names (`CallerName`, `owner_id`, `token`, …). */
  readonly vendor: JsonObject;
}

/** How far a call has come. `ended` is final. */
export type CallState = 'ringing' | 'answered' | 'bridged' | 'ended';

/**
 * Why a call ended: a party hung up; the API asked for it; its flow came to its end or hung up; its flow refused it;
 * its flow was interrupted; its application did not answer as it should; nobody answered in time; no media arrived any
 * more; its media node stopped or was lost.
 */
export type CallEndReason =
  | 'party'
  | 'command'
  | 'flow'
  | 'rejected'
  | 'interrupted'
  | 'applicationFailed'
  | 'noAnswer'
  | 'mediaTimeout'
  | 'nodeStopped'
  | 'nodeLost';
