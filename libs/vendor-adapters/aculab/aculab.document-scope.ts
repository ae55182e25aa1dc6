import {
  REDACTED,
  RecgateError,
  splitUserinfo,
  type AccountingEntry,
  type ApplicationView,
  type CallIdentity,
  type JsonValue,
} from '#libs/recording-model';
import type { AccountingCollector, JsonDocument } from '../shared/index.js';
import type { AculabApiVersion } from './aculab.settings.js';

/** What the mappers of one document share. */
export interface DocumentScope {
  readonly document: JsonDocument;
  readonly accounts: AccountingCollector;
  readonly application: ApplicationView;
  readonly call: CallIdentity;
  readonly version: AculabApiVersion;
  /** The page the document came from; relative URLs are resolved against it. */
  readonly pageUrl: string | null;
  readonly warn: (message: string, pointer: string) => void;
  /** Keeps the userinfo of a page under a name of the document's secret bag. */
  readonly secrets: Record<string, string>;
}

/** The error for a field with a value the vendor refuses; it leads to the error page. */
export function refused(scope: DocumentScope, pointer: string, why: string): RecgateError {
  const field = fieldName(pointer);
  return new RecgateError('field.invalid', `${field} ${why}`, { field, position: scope.document.positionOf(pointer) });
}

/** Accounts for all fields at or below a pointer as dropped; those that have an entry keep it. */
export function dropAll(scope: DocumentScope, pointer: string, reason: string): void {
  for (const leaf of scope.document.leafPointers(pointer)) {
    if (!scope.accounts.has(leaf)) scope.accounts.field(leaf, 'dropped', { reason, value: shownValue(scope, leaf) });
  }
}

/**
 * Closes the list: the fields nobody read are kept, ignored and warned about (contract §11). Returns one entry for each field of the
 * document, then the defaults.
 */
export function finishAccounting(scope: DocumentScope): readonly AccountingEntry[] {
  const leaves = scope.document.leafPointers();
  for (const leaf of leaves.filter((each) => !scope.accounts.has(each))) {
    scope.accounts.field(leaf, 'unknown', {
      reason: 'not in the contract; kept and ignored',
      value: shownValue(scope, leaf),
    });
    scope.warn(`${fieldName(leaf)} is not in the contract and is ignored`, leaf);
  }
  return scope.accounts.finish(leaves);
}

/** What a listing shows of a field that is not carried out: nothing of a cipher but its type, no userinfo of a URL. */
function shownValue(scope: DocumentScope, leaf: string): JsonValue {
  if (/_cipher\//.test(leaf) && !leaf.endsWith('/type')) return REDACTED;
  return withoutCredentials(scope.document.at(leaf) ?? null);
}

/** A value as listings may show it: the userinfo of URLs is left out. */
export function withoutCredentials(value: JsonValue): JsonValue {
  return typeof value === 'string' ? splitUserinfo(value.trim()).url : value;
}

/** `/actions/0/record/next_page/url` is `record.next_page.url` in the words of the document's author. */
export function fieldName(pointer: string): string {
  const keys = pointer.split('/').slice(1);
  const named = keys[0] === 'actions' ? keys.slice(2) : keys;
  return named.length === 0 ? keys.join('.') || 'document' : named.join('.');
}
