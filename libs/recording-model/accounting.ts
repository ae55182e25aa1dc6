import type { JsonValue } from './json.js';

/**
 * What became of one field of a vendor document:
 * `exact` taken over as it is · `converted` another unit or name · `emulated` done by the gateway itself ·
 * `defaulted` not in the document, the vendor's default applied · `dropped` not carried out, with the reason ·
 * `unknown` not in the vendor's contract; kept and warned about.
 */
export type AccountingOutcome = 'exact' | 'converted' | 'emulated' | 'defaulted' | 'dropped' | 'unknown';

/** One field of a document and its fate. Every field of the document has exactly one entry. */
export interface AccountingEntry {
  /** XML: `/Response/Record[1]/@maxLength`. JSON: a JSON pointer. For `defaulted`: where the field would stand. */
  readonly path: string;
  /** The value as written (or the default); credentials appear as `***`. */
  readonly value?: JsonValue;
  readonly outcome: AccountingOutcome;
  /** The field of the canonical model it went to, for example `spec.maxDurationMs`. */
  readonly to?: string;
  /** Required for `dropped`; helpful for `converted` and `emulated`. */
  readonly reason?: string;
  readonly line?: number;
  readonly column?: number;
}
