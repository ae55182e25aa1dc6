import type { JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject } from '../shared/index.js';

/**
 * Name of what a callout brings along: a member of the document that its flow begins with, and the flow state that is
 * made of it (JSON). The SVAML in it may hold credentials, so it travels sealed and is kept in memory only.
 */
export const CALLOUT = 'callout';

/** The callbacks that a callout may answer beforehand (contract §3). */
export const CALLOUT_ROLES = ['ice', 'ace', 'pie', 'dice'] as const;
export type SinchCalloutRole = (typeof CALLOUT_ROLES)[number];

/** What later documents of a callout's flow need to know of it. */
export interface SinchCalloutState {
  /** SVAML or a URL in place of the callback URL. */
  readonly answers: Readonly<Partial<Record<SinchCalloutRole, string>>>;
  /** The callback that the flow begins with; absent: the document itself says what is done. */
  readonly first?: 'ice' | 'ace';
  /** SVAML that is carried out when ACE is answered with `continue`, or not at all. */
  readonly otherwise?: JsonObject;
  /** Seconds that a connection may last which names no time of its own. */
  readonly maxDuration?: number;
}

/** Reads the state back. */
export function calloutState(flowState: JsonObject): SinchCalloutState {
  const text = flowState[CALLOUT];
  return typeof text === 'string' ? toCalloutState(JSON.parse(text) as JsonValue) : { answers: {} };
}

/** What a document's `callout` member says; whatever does not belong there is passed over. */
export function toCalloutState(value: JsonValue | undefined): SinchCalloutState {
  if (!isJsonObject(value)) return { answers: {} };
  const { answers, first, otherwise, maxDuration } = value;
  return {
    answers: isJsonObject(answers) ? Object.fromEntries(CALLOUT_ROLES.flatMap((role) => textOf(answers, role))) : {},
    ...(first === 'ice' || first === 'ace' ? { first } : {}),
    ...(isJsonObject(otherwise) ? { otherwise } : {}),
    ...(typeof maxDuration === 'number' ? { maxDuration } : {}),
  };
}

function textOf(answers: JsonObject, role: SinchCalloutRole): [string, string][] {
  const text = answers[role];
  return typeof text === 'string' ? [[role, text]] : [];
}
