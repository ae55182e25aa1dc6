import { RecgateError, type AccountingOutcome, type JsonObject, type JsonValue } from '#libs/recording-model';
import { childPointer, isJsonObject, member, type AccountingNote } from '../shared/index.js';
import { dropAll, fieldName, refused, type DocumentScope } from './aculab.document-scope.js';

interface FieldRule {
  readonly to: string;
  readonly outcome?: Exclude<AccountingOutcome, 'defaulted'>;
  readonly reason?: string;
}

/** Reads the members of one object of the document, accounting for each as it is read. */
export class ObjectReader {
  private constructor(
    readonly scope: DocumentScope,
    readonly pointer: string,
    private readonly object: JsonObject,
  ) {}

  /** @throws RecgateError `field.invalid` when there is something else than an object. */
  static at(scope: DocumentScope, pointer: string): ObjectReader {
    const value = scope.document.at(pointer);
    if (!isJsonObject(value)) throw refused(scope, pointer, 'must be an object');
    if (Object.keys(value).length === 0) scope.accounts.field(pointer, 'exact');
    return new ObjectReader(scope, pointer, value);
  }

  /** Reads the elements of an array by their index. */
  static ofList(scope: DocumentScope, pointer: string): ObjectReader {
    const value = scope.document.at(pointer);
    return new ObjectReader(scope, pointer, Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {});
  }

  /** The same object, whose credentials go to a bag of its own. */
  withOwnSecrets(): ObjectReader {
    return new ObjectReader({ ...this.scope, secrets: {} }, this.pointer, this.object);
  }

  path(name: string): string {
    return childPointer(this.pointer, name);
  }

  /** The member as written; null counts as absent. */
  value(name: string): JsonValue | undefined {
    return member(this.object, name) ?? undefined;
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  names(): readonly string[] {
    return Object.keys(this.object);
  }

  /** @throws RecgateError `field.invalid` for anything but a string. */
  string(name: string, rule: FieldRule): string | undefined {
    const value = this.value(name);
    if (value === undefined) return this.absent(name, rule);
    if (typeof value !== 'string') throw this.refused(name, 'must be a string');
    this.account(name, rule);
    return value;
  }

  /** @throws RecgateError `field.invalid` for anything but true and false. */
  boolean(name: string, rule: FieldRule): boolean | undefined {
    const value = this.value(name);
    if (value === undefined) return this.absent(name, rule);
    if (typeof value !== 'boolean') throw this.refused(name, 'must be true or false');
    this.account(name, rule);
    return value;
  }

  /** @throws RecgateError `field.invalid` for anything but a whole number from `minimum` to 2147483647 (contract §11). */
  integer(name: string, minimum: number, rule: FieldRule): number | undefined {
    const value = this.value(name);
    if (value === undefined) return this.absent(name, rule);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > INT32_MAX)
      throw this.refused(name, `must be a whole number from ${minimum} to ${INT32_MAX}`);
    this.account(name, rule);
    return value;
  }

  /** @throws RecgateError `field.invalid` for anything but a number of seconds from 0 to 2147483. Returns milliseconds. */
  seconds(name: string, rule: FieldRule): number | undefined {
    const value = this.value(name);
    if (value === undefined) return this.absent(name, rule);
    if (typeof value !== 'number' || !(value >= 0 && value * 1000 <= INT32_MAX))
      throw this.refused(name, 'must be a number of seconds');
    this.account(name, { ...rule, outcome: 'converted', reason: 'seconds to milliseconds' });
    return Math.round(value * 1000);
  }

  /** The entry of a member that stands in the document. */
  account(name: string, rule: FieldRule & AccountingNote): void {
    this.scope.accounts.field(this.path(name), rule.outcome ?? 'exact', {
      to: rule.to,
      ...(rule.reason === undefined ? {} : { reason: rule.reason }),
      ...(rule.value === undefined ? {} : { value: rule.value }),
    });
  }

  /** Every field at or below the member is not carried out, for one reason. */
  drop(name: string, reason: string): void {
    dropAll(this.scope, this.path(name), reason);
  }

  refused(name: string, why: string): RecgateError {
    return refused(this.scope, this.path(name), why);
  }

  missing(name: string): RecgateError {
    const at = this.path(name);
    return new RecgateError('field.missing', `${fieldName(at)} is missing`, {
      field: fieldName(at),
      position: this.scope.document.positionOf(at),
    });
  }

  /** A member written as null has its own entry; one that is not there has none (the default may add one). */
  private absent(name: string, rule: FieldRule): undefined {
    if (Object.hasOwn(this.object, name))
      this.account(name, { ...rule, outcome: 'exact', reason: 'null stands for the default' });
    return undefined;
  }
}

const INT32_MAX = 2_147_483_647;
