import { RecgateError, type AccountingOutcome, type JsonValue } from '#libs/recording-model';
import type { ParseLog, XmlAttribute, XmlElement } from '../shared/index.js';
import { shownValue } from './redaction.js';

/** What becomes of a field once its value has been read. */
export interface FieldFate {
  /** Field of the canonical model. */
  readonly to?: string;
  readonly outcome?: AccountingOutcome;
  readonly reason?: string;
  /** Set: the value is parsed and kept in the spec, but not carried out; the text is the reason. */
  readonly dropped?: string | undefined;
}

const INT32_MAX = 2_147_483_647;

/**
 * Reads the attributes of one element by name, case-insensitively (contract §1.1), accounts for each and, at the end,
 * for those nobody asked for. A blank value counts as not given.
 */
export class AttributeReader {
  private readonly attributes = new Map<string, XmlAttribute>();

  constructor(
    readonly element: XmlElement,
    readonly log: ParseLog,
  ) {
    for (const attribute of element.attributes) this.admit(attribute);
  }

  has(name: string): boolean {
    return this.attributes.has(name.toLowerCase());
  }

  /** The attribute, to be accounted for by the caller. */
  find(name: string): XmlAttribute | undefined {
    return this.attributes.get(name.toLowerCase());
  }

  account(attribute: XmlAttribute, fate: FieldFate, value: JsonValue = shownValue(attribute)): void {
    const { to, reason, dropped, outcome = 'exact' } = fate;
    const told = dropped ?? reason;
    this.log.account(attribute.at, {
      value,
      outcome: dropped === undefined ? outcome : 'dropped',
      ...(to === undefined ? {} : { to }),
      ...(told === undefined ? {} : { reason: told }),
    });
  }

  applyDefault(name: string, value: JsonValue, to: string): void {
    this.log.applyDefault(`${this.element.at.path}/@${name}`, value, to);
  }

  /** Accounts for attributes that have no effect here. */
  drop(names: readonly string[], reason: string): void {
    for (const name of names) {
      const attribute = this.find(name);
      if (attribute !== undefined && !this.log.isAccounted(attribute.at.path))
        this.account(attribute, { dropped: reason });
    }
  }

  text(name: string, fate: FieldFate): string | null {
    const attribute = this.find(name);
    if (attribute === undefined) return null;
    this.account(attribute, fate);
    return attribute.value;
  }

  /** @throws RecgateError `field.invalid` when the value is not true or false. */
  flag(name: string, fate: FieldFate & { readonly to: string }): boolean {
    return this.keyword(name, { words: { true: true, false: false }, fallback: 'false', outcome: 'exact', ...fate });
  }

  /**
   * One word of a closed list, in any case. An absent attribute takes the fallback and is accounted for as defaulted.
   * @throws RecgateError `field.invalid` for any other word.
   */
  keyword<T>(
    name: string,
    rule: FieldFate & { readonly to: string; readonly words: Readonly<Record<string, T>>; readonly fallback: string },
  ): T {
    const attribute = this.find(name);
    const word = attribute?.value.trim().toLowerCase() ?? rule.fallback.toLowerCase();
    const match = Object.entries(rule.words).find(([key]) => key.toLowerCase() === word);
    if (match === undefined) throw this.invalid(name, `must be one of ${Object.keys(rule.words).join(', ')}`);
    if (attribute === undefined) this.applyDefault(name, rule.fallback, rule.to);
    else this.account(attribute, { outcome: 'converted', ...rule });
    return match[1];
  }

  /**
   * A whole number within limits (default: 0 to 2^31-1), or the fallback, or null when there is none.
   * @throws RecgateError `field.invalid` for anything else.
   */
  integer(name: string, rule: FieldFate & { readonly min?: number; readonly max?: number }): number | null;
  integer(
    name: string,
    rule: FieldFate & { readonly min?: number; readonly max?: number; readonly fallback: number; readonly to: string },
  ): number;
  integer(
    name: string,
    rule: FieldFate & { readonly min?: number; readonly max?: number; readonly fallback?: number },
  ): number | null {
    const { min = 0, max = INT32_MAX, fallback } = rule;
    const attribute = this.find(name);
    if (attribute === undefined) {
      if (fallback !== undefined) this.applyDefault(name, fallback, rule.to ?? '');
      return fallback ?? null;
    }
    const text = attribute.value.trim();
    const value = Number(text);
    if (!/^[+-]?\d{1,16}$/.test(text) || value < min || value > max)
      throw this.invalid(name, `must be a whole number from ${min} to ${max}`);
    this.account(attribute, rule);
    return value;
  }

  /**
   * A decimal number within limits, or the fallback.
   * @throws RecgateError `field.invalid` for anything else.
   */
  decimal(
    name: string,
    rule: FieldFate & { readonly min: number; readonly max: number; readonly fallback: number; readonly to: string },
  ): number {
    const attribute = this.find(name);
    if (attribute === undefined) {
      this.applyDefault(name, rule.fallback, rule.to);
      return rule.fallback;
    }
    const text = attribute.value.trim();
    const value = Number(text);
    if (!/^\d{0,9}(\.\d{1,17})?$/.test(text) || text === '' || value < rule.min || value > rule.max) {
      throw this.invalid(name, `must be a number from ${rule.min} to ${rule.max}`);
    }
    this.account(attribute, rule);
    return value;
  }

  invalid(name: string, wanted: string): RecgateError {
    const attribute = this.find(name);
    const field = `${this.element.name}@${attribute?.name ?? name}`;
    return new RecgateError('field.invalid', `${field} ${wanted}`, {
      field,
      position: attribute?.at ?? this.element.at,
    });
  }

  /** Accounts for what is left: attributes that the contract does not know. */
  finish(): void {
    for (const attribute of this.attributes.values()) {
      if (this.log.isAccounted(attribute.at.path)) continue;
      this.account(attribute, { outcome: 'unknown' });
      this.log.warn(
        `${this.element.name}@${attribute.name} is not an attribute of FlexML and has no effect`,
        attribute.at,
      );
    }
  }

  private admit(attribute: XmlAttribute): void {
    const key = attribute.name.toLowerCase();
    if (this.attributes.has(key)) {
      this.account(attribute, { dropped: 'given twice; the first one counts' });
      this.log.warn(`${this.element.name}@${attribute.name} is given twice; the first one counts`, attribute.at);
      return;
    }
    // An empty finishOnKey is an idiom ("no key"), not an omission.
    if (attribute.value.trim() === '' && key !== 'finishonkey') {
      this.account(attribute, { dropped: 'blank: counts as not given' });
      return;
    }
    this.attributes.set(key, attribute);
  }
}
