import { RecgateError } from '#libs/recording-model';

/** JSON of an engine, read with care: engines are many and their answers differ. */
export interface AnswerObject {
  readonly [field: string]: unknown;
}

/**
 * The answer of an engine as an object.
 * @throws RecgateError `outbound.failed` (to be tried again) for 5xx and 429, `outbound.refused` for what another try
 *   cannot change: other statuses, and answers that cannot be read
 */
export function readAnswer(engine: string, { status, body }: { readonly status: number; readonly body: string }): AnswerObject {
  if (status >= 500 || status === 429 || status === 408) throw new RecgateError('outbound.failed', `${engine} answered ${status}`);
  if (status < 200 || status > 299) throw new RecgateError('outbound.refused', `${engine} answered ${status}`);
  try {
    return objectOf(JSON.parse(body));
  } catch {
    throw new RecgateError('outbound.refused', `${engine} gave an answer that is no JSON`);
  }
}

/** @throws RecgateError `outbound.refused` when what an engine gave is no hearing at all: nothing would pass for silence */
export function requireHearing(engine: string, isOne: boolean): void {
  if (!isOne) throw new RecgateError('outbound.refused', `${engine} gave an answer without a hearing`);
}

export function objectOf(value: unknown): AnswerObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AnswerObject) : {};
}

export function listOf(value: unknown): readonly AnswerObject[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Seconds as engines give them, in ms; never negative, never beyond the audio. */
export function millisecondsOf(value: unknown, longestMs: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.min(Math.max(Math.round(value * 1000), 0), longestMs) : 0;
}

/** A probability, or null for what is none. */
export function confidenceOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null;
}
