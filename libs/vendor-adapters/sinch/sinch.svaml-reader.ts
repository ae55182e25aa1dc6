import {
  REDACTED,
  RecgateError,
  type AccountingOutcome,
  type JsonValue,
  type SourcePosition,
} from '#libs/recording-model';
import {
  AccountingCollector,
  childPointer,
  isJsonObject,
  member,
  type AccountingNote,
  type JsonDocument,
} from '../shared/index.js';

/** Credentials in a URL, also in one within a prompt such as `#href[…]`. Bounded, so that no text takes long to search. */
const USERINFO = /([a-z][a-z0-9+.-]{0,15}:\/\/)[^/?#\s[\]]*@/gi;

/** The longest text that is taken where the vendor names no limit, characters. */
export const MAX_TEXT = 16_384;

export interface SvamlWarning {
  readonly message: string;
  readonly position: SourcePosition;
}

/** One reading of one document: the text with its positions, the fate of its fields, what was odd about it. */
export class SvamlReading {
  readonly accounting: AccountingCollector;
  readonly warnings: SvamlWarning[];

  constructor(readonly document: JsonDocument) {
    this.accounting = new AccountingCollector(document);
    this.warnings = [...document.warnings];
  }

  warn(pointer: string, message: string): void {
    this.warnings.push({ message, position: this.document.positionOf(pointer) });
  }

  /** Accounts for everything at and below a pointer that has no entry yet; credentials are hidden. */
  claimTree(pointer: string, outcome: Exclude<AccountingOutcome, 'defaulted'>, note: AccountingNote = {}): void {
    for (const leaf of this.document.leafPointers(pointer))
      if (!this.accounting.has(leaf)) this.accounting.field(leaf, outcome, { ...this.shown(leaf), ...note });
  }

  /** A contract field that is absent, and the default used; one written as `null` keeps the entry it has. */
  defaulted(path: string, value: JsonValue, note: Omit<AccountingNote, 'value'>): void {
    if (!this.accounting.has(path)) this.accounting.defaulted(path, value, note);
  }

  /** Leaves that nobody claimed, to be kept and ignored (contract §2.5 row 13). */
  claimUnknown(): void {
    for (const leaf of this.document.leafPointers()) {
      if (this.accounting.has(leaf)) continue;
      this.claimTree(leaf, 'unknown', { reason: 'not in the contract; kept and ignored' });
      this.warn(leaf, 'This property is not known and is ignored');
    }
  }

  /** How a leaf is shown: credentials as `***`, URLs without userinfo, everything else as written. */
  shown(leaf: string): AccountingNote {
    const value = this.document.at(leaf);
    if (/\/credentials(\/|$)/i.test(leaf)) return { value: REDACTED };
    return typeof value === 'string' ? { value: withoutUserinfo(value) } : {};
  }

  invalid(pointer: string, field: string, message: string): RecgateError {
    return new RecgateError('field.invalid', message, { field, position: this.document.positionOf(pointer) });
  }

  missing(pointer: string, field: string, message = `${field} is required`): RecgateError {
    return new RecgateError('field.missing', message, {
      field,
      position: this.document.positionOf(childPointer(pointer, field)),
    });
  }
}

/** What is noted of a text, and its outcome where that is neither `exact` nor `converted`. */
export type TextFate = AccountingNote & { readonly outcome?: 'emulated' | 'dropped' };

export interface IntegerRule {
  readonly min: number;
  readonly max: number;
  readonly to?: string;
  /** Beyond the limits: `refuse` as the vendor's validation does, or `clamp` with a reason in the accounting. */
  readonly beyond: 'refuse' | 'clamp';
}

/**
 * An object of a SVAML document, read member by member. Names are compared without regard to case and may have
 * aliases (contract §0.3, §2.5 rows 7 and 8); a member that is `null` counts as absent. Every read accounts for its field.
 */
export class SvamlObject {
  constructor(
    readonly reading: SvamlReading,
    readonly pointer: string,
  ) {}

  /**
   * Pointer of the first of these members that is there and not null. Other spellings of the same that stand beside it
   * are accounted for as without effect.
   */
  find(...names: readonly string[]): string | null {
    const object = this.reading.document.at(this.pointer);
    if (!isJsonObject(object)) return null;
    let found: string | null = null;
    for (const key of spellingsOf(names, Object.keys(object))) {
      const pointer = childPointer(this.pointer, key);
      if (found !== null) this.reading.claimTree(pointer, 'dropped', { reason: `${found} says it already` });
      else if (member(object, key) !== null) found = pointer;
      else this.reading.claimTree(pointer, 'dropped', { reason: 'null counts as absent' });
    }
    return found;
  }

  value(pointer: string): JsonValue | undefined {
    return this.reading.document.at(pointer);
  }

  /** A text, or a number taken as text; null when absent. `fate.outcome` says that it is not taken as it is. */
  text(names: readonly string[], { outcome: fate, ...note }: TextFate = {}, most = MAX_TEXT): string | null {
    const pointer = this.find(...names);
    if (pointer === null) return null;
    const value = this.value(pointer);
    if (typeof value !== 'string' && typeof value !== 'number')
      throw this.reading.invalid(pointer, names[0] ?? pointer, `${names[0]} must be a string`);
    const outcome = fate ?? (typeof value === 'string' ? 'exact' : 'converted');
    this.reading.accounting.field(pointer, outcome, { ...this.reading.shown(pointer), ...note });
    if (String(value).length > most)
      throw this.reading.invalid(pointer, names[0] ?? pointer, `${names[0]} may have ${most} characters`);
    return String(value);
  }

  /** As `text`; absent or blank is an error. */
  requiredText(names: readonly string[], note: TextFate = {}, most = MAX_TEXT): string {
    const text = this.text(names, note, most);
    if (text === null || text.trim() === '') throw this.reading.missing(this.pointer, names[0] ?? 'field');
    return text;
  }

  /** `true`, `false`, or the same as text (contract §2, §2.5 row 2). */
  flag(names: readonly string[], note: AccountingNote = {}): boolean | null {
    const pointer = this.find(...names);
    if (pointer === null) return null;
    const value = this.value(pointer);
    const truth = truthOf(value);
    if (truth === null) throw this.reading.invalid(pointer, names[0] ?? pointer, `${names[0]} must be true or false`);
    this.reading.accounting.field(pointer, typeof value === 'string' ? 'converted' : 'exact', note);
    return truth;
  }

  /** A whole number within limits; also written as text. */
  integer(names: readonly string[], rule: IntegerRule): number | null {
    const pointer = this.find(...names);
    if (pointer === null) return null;
    const value = this.value(pointer);
    const number = typeof value === 'string' && /^\s*-?\d{1,15}\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number))
      throw this.reading.invalid(pointer, names[0] ?? pointer, `${names[0]} must be a whole number`);
    const clamped = Math.min(rule.max, Math.max(rule.min, number));
    if (clamped !== number && rule.beyond === 'refuse')
      throw this.reading.invalid(pointer, names[0] ?? pointer, `${names[0]} must be ${rule.min} to ${rule.max}`);
    const reason = clamped === number ? {} : { reason: `limited to ${clamped}` };
    const outcome = clamped === value ? 'exact' : 'converted';
    this.reading.accounting.field(pointer, outcome, { ...(rule.to === undefined ? {} : { to: rule.to }), ...reason });
    return clamped;
  }

  /**
   * An object member; an array of one object is taken for its element, an empty array for absent (contract §2.5 row 1).
   */
  child(...names: readonly string[]): SvamlObject | null {
    const pointer = this.find(...names);
    if (pointer === null) return null;
    const value = this.value(pointer);
    if (isJsonObject(value)) return this.enter(pointer, value);
    if (Array.isArray(value)) {
      const list: readonly JsonValue[] = value;
      const [only] = list;
      if (list.length === 1 && isJsonObject(only)) return this.enter(childPointer(pointer, 0), only);
      if (list.length === 0) {
        this.reading.claimTree(pointer, 'dropped', { reason: 'an empty list counts as absent' });
        return null;
      }
    }
    throw this.reading.invalid(pointer, names[0] ?? pointer, `${names[0]} must be an object`);
  }

  /** The elements of an array member, as pointers; null when absent. */
  list(...names: readonly string[]): readonly string[] | null {
    const pointer = this.find(...names);
    if (pointer === null) return null;
    const value = this.value(pointer);
    if (!Array.isArray(value)) throw this.reading.invalid(pointer, names[0] ?? pointer, `${names[0]} must be a list`);
    const list: readonly JsonValue[] = value;
    if (list.length === 0) this.reading.claimTree(pointer, 'exact');
    return list.map((_item, index) => childPointer(pointer, index));
  }

  /** An element of a list that must be an object. */
  element(pointer: string, field: string): SvamlObject {
    const value = this.value(pointer);
    if (!isJsonObject(value)) throw this.reading.invalid(pointer, field, `Each of ${field} must be an object`);
    return this.enter(pointer, value);
  }

  /** Accounts for a member, whatever it holds, as not carried out. */
  drop(name: string, reason: string): void {
    const pointer = this.find(name);
    if (pointer !== null) this.reading.claimTree(pointer, 'dropped', { reason });
  }

  private enter(pointer: string, value: JsonValue): SvamlObject {
    if (isJsonObject(value) && Object.keys(value).length === 0) this.reading.claimTree(pointer, 'exact');
    return new SvamlObject(this.reading, pointer);
  }
}

/** The text without the credentials of the URLs in it. */
export function withoutUserinfo(text: string): string {
  return text.replace(USERINFO, '$1');
}

/** A boolean, also written as text; null for anything else. */
export function truthOf(value: JsonValue | undefined): boolean | null {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'true' ? true : word === 'false' ? false : null;
}

/** The keys that are one of these names in any case: name by name, the exact spelling first. */
function spellingsOf(names: readonly string[], keys: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const alike = keys.filter((key) => key.toLowerCase() === name.toLowerCase());
    return alike.includes(name) ? [name, ...alike.filter((key) => key !== name)] : alike;
  });
}
