import type { AccountingOutcome, JsonValue } from '#libs/recording-model';
import type { ParseLog, XmlAttribute, XmlElement } from '../shared/index.js';

/** What the accounting says of an attribute whose value was taken. */
interface AttributeFate {
  /** The field of the canonical model. */
  readonly to: string;
  readonly outcome?: AccountingOutcome;
  readonly reason?: string;
}

const INT32_MAX = 2_147_483_647;

/** Reads the attributes of one TwiML element, in any case. Nothing is refused: a value that cannot be used gives way to its default. */
export class TwimlAttributes {
  constructor(
    readonly element: XmlElement,
    readonly log: ParseLog,
  ) {}

  /** The attribute, to be accounted for by the caller. */
  find(name: string): XmlAttribute | undefined {
    return this.element.attributes.find((each) => each.name.toLowerCase() === name.toLowerCase());
  }

  text(name: string, to: string): string | null {
    const attribute = this.find(name);
    if (attribute === undefined) return null;
    this.account(attribute, { to });
    return attribute.value;
  }

  /** The keys that a text names, each once; what is no key is left out. */
  keys(name: string, fallback: string, to: string): string {
    const attribute = this.find(name);
    if (attribute === undefined) return this.defaulted(name, fallback, to);
    const keys = [...new Set(attribute.value)].filter((character) => /[0-9*#A-D]/.test(character)).join('');
    const ignored = { to, outcome: 'converted', reason: 'characters that are no keys, and repetitions, are ignored' } as const;
    this.account(attribute, keys === attribute.value ? { to } : ignored);
    return keys;
  }

  flag(name: string, fallback: boolean, to: string): boolean {
    return this.read(name, { fallback, to }, (text) => (text === 'true' ? true : text === 'false' ? false : undefined));
  }

  /** A whole number from `least` to 2^31-1. */
  integer(name: string, fallback: number, rule: AttributeFate & { readonly least?: number }): number {
    return this.read(name, { fallback, ...rule }, (text) => {
      const value = Number(text);
      return /^\d{1,10}$/.test(text) && value >= (rule.least ?? 0) && value <= INT32_MAX ? value : undefined;
    });
  }

  /** Seconds, in milliseconds. */
  seconds(name: string, fallback: number, to: string, least = 0): number {
    return this.integer(name, fallback, { to, least, outcome: 'converted', reason: 's to ms' }) * 1000;
  }

  /** GET unless the document says POST. */
  method(name: string, to: string): 'GET' | 'POST' {
    return this.read<'GET' | 'POST'>(name, { fallback: 'GET', to }, (text) =>
      text === 'get' ? 'GET' : text === 'post' ? 'POST' : undefined,
    );
  }

  account(attribute: XmlAttribute, fate: AttributeFate): void {
    this.log.account(attribute.at, { value: this.log.shown(attribute), outcome: 'exact', ...fate });
  }

  /** Accounts for attributes that have no effect here. */
  drop(names: readonly string[], reason: string): void {
    for (const name of names) {
      const attribute = this.find(name);
      if (attribute !== undefined && !this.log.isAccounted(attribute.at.path))
        this.log.account(attribute.at, { value: this.log.shown(attribute), outcome: 'dropped', reason });
    }
  }

  /** Accounts for what is left: attributes that nobody asked for. */
  finish(): void {
    for (const attribute of this.element.attributes) {
      if (this.log.isAccounted(attribute.at.path)) continue;
      this.log.account(attribute.at, { value: this.log.shown(attribute), outcome: 'unknown' });
      this.log.warn(`${this.element.name}@${attribute.name} has no effect`, attribute.at);
    }
  }

  private read<T extends JsonValue>(
    name: string,
    { fallback, ...fate }: AttributeFate & { readonly fallback: T; readonly least?: number },
    understand: (text: string) => T | undefined,
  ): T {
    const attribute = this.find(name);
    if (attribute === undefined) return this.defaulted(name, fallback, fate.to);
    const { to, outcome, reason } = fate;
    const value = understand(attribute.value.trim().toLowerCase());
    if (value !== undefined) {
      this.account(attribute, { to, ...(outcome === undefined ? {} : { outcome }), ...(reason === undefined ? {} : { reason }) });
      return value;
    }
    this.account(attribute, { to, outcome: 'converted', reason: 'not usable; the default applies' });
    this.log.warn(`The value of ${name} cannot be used; the default applies`, attribute.at);
    return fallback;
  }

  private defaulted<T extends JsonValue>(name: string, fallback: T, to: string): T {
    this.log.applyDefault(`${this.element.at.path}/@${name}`, fallback, to);
    return fallback;
  }
}
