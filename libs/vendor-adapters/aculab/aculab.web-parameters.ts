import { toRecgateError, RecgateError } from '#libs/recording-model';
import { AculabWebFault } from './aculab.web-fault.js';

/** Longest text of a parameter, characters; a list of calls is the longest that is sent. */
const MOST_CHARACTERS = 100_000;
const MOST_WORDS = 20;

/** Parameters of a web service request, from query and form alike. Unknown ones are ignored. */
export class WebParameters {
  constructor(private readonly given: URLSearchParams) {}

  /**
   * Undefined when it is absent or empty.
   * @throws AculabWebFault `0003` when it is given several times; RecgateError `field.invalid` when it is too long
   */
  text(name: string, mostCharacters = MOST_CHARACTERS): string | undefined {
    const values = this.given.getAll(name);
    if (values.length > 1) throw new AculabWebFault('givenTwice', `The parameter ${name} is given several times`, name);
    const [value = ''] = values;
    if (value.length > mostCharacters) throw malformed(name, `must have at most ${mostCharacters} characters`);
    return value === '' ? undefined : value;
  }

  /** All words of a parameter that may be given several times, each time as a list parted by commas. */
  list(name: string): readonly string[] {
    const words = this.given.getAll(name).flatMap((text) => text.split(','));
    if (words.length > MOST_WORDS) throw malformed(name, `must hold at most ${MOST_WORDS} words`);
    return words.map((word) => word.trim()).filter((word) => word !== '');
  }

  /** @throws RecgateError `field.missing` when it is absent */
  required(name: string, mostCharacters?: number): string {
    const value = this.text(name, mostCharacters);
    if (value === undefined) throw missing(name);
    return value;
  }

  /** @throws RecgateError `field.missing`, `field.invalid` for anything that is not in the list */
  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.required(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw malformed(name, `must be one of ${choices.join(', ')}`);
    return found;
  }

  /** @throws AculabWebFault `0004` for zero; RecgateError `field.invalid` for anything but a whole number in the range */
  integer(name: string, least: number, most: number): number {
    const value = this.required(name);
    if (/^[+-]?0+$/.test(value)) throw new AculabWebFault('isZero', `The parameter ${name} is zero`, name);
    const number = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
    if (!(number >= least && number <= most)) throw malformed(name, `must be a whole number from ${least} to ${most}`);
    return number;
  }

  /** The same; undefined when it is absent. */
  optionalInteger(name: string, least: number, most: number): number | undefined {
    return this.text(name) === undefined ? undefined : this.integer(name, least, most);
  }

  /** `true`, `1`, `yes`, `on` and their opposites, in any letter case; absent: false. */
  flag(name: string): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined || ['false', '0', 'no', 'off'].includes(value)) return false;
    if (['true', '1', 'yes', 'on'].includes(value)) return true;
    throw malformed(name, 'must be true or false');
  }
}

/** Code `0001` (contract §8.1); the text names the parameter. */
export function missing(name: string): RecgateError {
  return new RecgateError('field.missing', `The parameter ${name} is missing`, { field: name });
}

/** Code `0002` (contract §8.1). */
export function malformed(name: string, why: string): RecgateError {
  return new RecgateError('field.invalid', `The parameter ${name} ${why}`, { field: name });
}

/** What the readers return, in their order. */
type ReadBy<Readers extends readonly (() => unknown)[]> = {
  -readonly [Index in keyof Readers]: Readers[Index] extends () => infer Value ? Value : never;
};

/**
 * Reads several parameters, so that all that is wrong is told at once.
 * @throws the fault when there is one; AculabWebFault with the text of each when there are several (contract §8.1)
 */
export function readAll<const Readers extends readonly (() => unknown)[]>(...readers: Readers): ReadBy<Readers> {
  const faults: RecgateError[] = [];
  const values = readers.map((read) => {
    try {
      return read();
    } catch (thrown) {
      faults.push(toRecgateError(thrown));
      return undefined;
    }
  });
  const [first, ...more] = faults;
  if (first === undefined) return values as ReadBy<Readers>;
  throw more.length === 0 ? first : AculabWebFault.several(faults.map(({ message }) => message));
}
