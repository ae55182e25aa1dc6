import { REDACTED, splitUserinfo, type JsonValue, type ParseContext, type SourcePosition } from '#libs/recording-model';
import {
  childPointer,
  isJsonObject,
  type AccountingCollector,
  type AccountingNote,
  type JsonDocument,
} from '../shared/index.js';
import type { KazooSettings } from './kazoo.settings.js';
import type { StoragePlan } from './kazoo.storage-plan.js';
import type { Webhook } from './kazoo.webhooks.js';

/** Everything one reading of a Kazoo document shares. */
export interface KazooScope {
  readonly document: JsonDocument;
  readonly accounts: AccountingCollector;
  readonly warnings: { message: string; position: SourcePosition }[];
  readonly context: ParseContext;
  readonly settings: KazooSettings;
  readonly storagePlan: StoragePlan | null;
  readonly webhooks: readonly Webhook[];
  /** `saved`: schema defaults were filled in. `raw`: nothing was (contract §1.1 Pivot). */
  readonly mode: 'saved' | 'raw';
  readonly starter: 'callflow' | 'metaflow';
  /** Name of the stored callflow, when it is part of the document. */
  readonly callflowName: string | null;
  /** Credentials of steps other than record. */
  readonly secrets: Record<string, string>;
}

/** A value that was understood, and what is to be said about it. */
export interface Reading<T> {
  readonly value: T;
  /** Default `exact`. */
  readonly outcome?: 'exact' | 'converted' | 'emulated' | 'dropped';
  readonly reason?: string;
  readonly shown?: JsonValue;
  readonly warning?: string;
}

/** How one key of `data` is read. */
export interface FieldRule<T> {
  /** The field of the canonical model. */
  readonly to: string;
  /** Undefined: the value cannot be used and the fallback applies. */
  readonly read: (value: JsonValue) => Reading<T> | undefined;
  /** Holds when the key is absent or cannot be used. */
  readonly fallback: T;
  /** The fallback as the vendor writes it; null when absence has no default to speak of. */
  readonly shown: JsonValue | null;
  readonly because?: string;
}

/** Reads the keys of one object of the document, each with its accounting entry. */
export class FieldReader {
  constructor(
    private readonly scope: KazooScope,
    readonly pointer: string,
  ) {}

  /** The raw value of a key. */
  value(key: string): JsonValue | undefined {
    return this.scope.document.at(childPointer(this.pointer, key));
  }

  /** Reads one key by its rule and accounts for it. */
  take<T>(key: string, rule: FieldRule<T>): T {
    const value = this.value(key);
    if (value === undefined) {
      if (rule.shown !== null) this.defaulted(key, rule.shown, rule.to, rule.because);
      return rule.fallback;
    }
    const reading = rule.read(value);
    if (reading === undefined) {
      this.account(key, 'converted', { to: rule.to, reason: 'not usable; the default applies' });
      this.warn(key, `The value of ${key} cannot be used; the default applies`);
      return rule.fallback;
    }
    const { outcome = 'exact', reason, shown, warning } = reading;
    this.account(key, outcome, {
      ...(outcome === 'dropped' ? {} : { to: rule.to }),
      ...(reason === undefined ? {} : { reason }),
      ...(shown === undefined ? {} : { value: shown }),
    });
    if (warning !== undefined) this.warn(key, warning);
    return reading.value;
  }

  /** Accounts for everything at and below a key that is present. */
  account(
    key: string,
    outcome: 'exact' | 'converted' | 'emulated' | 'dropped' | 'unknown',
    note: AccountingNote = {},
  ): void {
    accountBelow(this.scope, childPointer(this.pointer, key), outcome, note);
  }

  /** Accounts for the default of an absent key. */
  defaulted(key: string, value: JsonValue, to: string, reason?: string): void {
    this.scope.accounts.defaulted(childPointer(this.pointer, key), value, {
      to,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** An object without keys stands for itself. */
  accountEmpty(reason: string): void {
    const value = this.scope.document.at(this.pointer);
    if (isJsonObject(value) && Object.keys(value).length === 0)
      accountBelow(this.scope, this.pointer, 'exact', { to: 'step', reason });
  }

  /** Everything below this object that has no entry yet is dropped for the given reason. */
  dropRest(reason: string): void {
    accountBelow(this.scope, this.pointer, 'dropped', { reason });
  }

  warn(key: string, message: string): void {
    this.scope.warnings.push({ message, position: this.scope.document.positionOf(childPointer(this.pointer, key)) });
  }
}

const CREDENTIAL_KEY = /(password|passwd|secret|token|pin|api_?key|authorization)$/i;

/** Credentials, also those inside a URL, are never shown, whatever the field is for. */
function shownSafely(pointer: string, { document }: KazooScope): AccountingNote {
  const value = document.at(pointer);
  if (CREDENTIAL_KEY.test(pointer)) return { value: REDACTED };
  const shown = typeof value === 'string' ? splitUserinfo(value).url : value;
  return shown === undefined || shown === value ? {} : { value: shown };
}

/** One outcome for every field at or below a pointer that has no entry yet. */
export function accountBelow(
  scope: KazooScope,
  pointer: string,
  outcome: 'exact' | 'converted' | 'emulated' | 'dropped' | 'unknown',
  note: AccountingNote = {},
): void {
  for (const leaf of scope.document.leafPointers(pointer)) {
    if (!scope.accounts.has(leaf)) scope.accounts.field(leaf, outcome, { ...shownSafely(leaf, scope), ...note });
  }
}
