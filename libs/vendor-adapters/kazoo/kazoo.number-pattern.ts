/**
 * Patterns of callflows, `^\\*97([0-9]{0,})$` and the like. They come from applications and meet every call, so they are
 * matched in bounded time: with sets of positions, never by backtracking. Known are literals, `.`, classes, `\d \w \s`,
 * groups, `|`, `* + ? {n,m}`, `^` and `$`; back references and look-around are not.
 */
export interface NumberPattern {
  /** Whether the pattern is found anywhere in the number, as Kazoo looks for it. */
  matches(number: string): boolean;
  /**
   * What its groups capture, of groups that stand in no other, are not repeated and belong to no alternative; as much as
   * can be. Empty when the pattern is not found.
   */
  captures(number: string): readonly string[];
}

/** Ends of a match that starts at any of the given positions. */
type Matcher = (text: string, from: ReadonlySet<number>) => ReadonlySet<number>;

/** One part of the pattern's outermost sequence. */
interface Part {
  readonly match: Matcher;
  readonly captures: boolean;
}

const LONGEST_PATTERN = 128;
const LONGEST_NUMBER = 64;
const MOST_REPEATS = 64;
const DEEPEST_GROUP = 3;

/** Null for a pattern that cannot be read, or is out of bounds. */
export function numberPattern(source: string): NumberPattern | null {
  if (source === '' || source.length > LONGEST_PATTERN) return null;
  try {
    const reader = new PatternReader(source);
    const whole = reader.alternatives(0);
    if (!reader.ended) return null;
    return {
      matches: (number) => {
        const text = number.slice(0, LONGEST_NUMBER);
        return whole(text, positionsOf(text)).size > 0;
      },
      captures: (number) => capturesOf(reader.outermost, number.slice(0, LONGEST_NUMBER)),
    };
  } catch (error) {
    if (error instanceof UnreadablePattern) return null;
    throw error;
  }
}

class UnreadablePattern extends Error {}

class PatternReader {
  private at = 0;
  /** Whether the atom that was read last was a capturing group. */
  private wasGroup = false;
  /** Parts of the outermost sequence; empty when there are alternatives. */
  outermost: readonly Part[] = [];

  constructor(private readonly source: string) {}

  get ended(): boolean {
    return this.at >= this.source.length;
  }

  alternatives(depth: number): Matcher {
    if (depth > DEEPEST_GROUP) throw new UnreadablePattern();
    const branches = [this.sequence(depth)];
    while (this.take('|')) branches.push(this.sequence(depth));
    if (depth === 0 && branches.length > 1) this.outermost = [];
    return (text, from) => new Set(branches.flatMap((branch) => [...branch(text, from)]));
  }

  private sequence(depth: number): Matcher {
    const parts: Part[] = [];
    while (!this.ended && !'|)'.includes(this.peek())) {
      const atom = this.atom(depth);
      const isGroup = this.wasGroup;
      const match = this.quantified(atom);
      parts.push({ match, captures: isGroup && match === atom });
    }
    if (depth === 0) this.outermost = parts;
    return (text, from) => parts.reduce((ends, part) => part.match(text, ends), from);
  }

  private atom(depth: number): Matcher {
    this.wasGroup = false;
    if (this.take('^')) return only((_text, position) => position === 0);
    if (this.take('$')) return only((text, position) => position === text.length);
    if (this.take('(')) {
      const silent = this.take('?');
      if (silent && !this.take(':')) throw new UnreadablePattern();
      const inner = this.alternatives(depth + 1);
      if (!this.take(')')) throw new UnreadablePattern();
      this.wasGroup = !silent;
      return inner;
    }
    if (this.take('[')) return one(this.characterClass());
    if (this.take('.')) return one(() => true);
    if (this.take('\\')) return one(escaped(this.next()));
    const literal = this.next();
    if ('*+?{)]}'.includes(literal)) throw new UnreadablePattern();
    return one((character) => character === literal);
  }

  private quantified(matcher: Matcher): Matcher {
    if (this.take('*')) return repeated(matcher, 0, null);
    if (this.take('+')) return repeated(matcher, 1, null);
    if (this.take('?')) return repeated(matcher, 0, 1);
    const bounds = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(this.source.slice(this.at));
    if (bounds === null) return matcher;
    this.at += bounds[0].length;
    const [, least = '', more, most = ''] = bounds;
    return repeated(matcher, Number(least), more === undefined ? Number(least) : most === '' ? null : Number(most));
  }

  private characterClass(): (character: string) => boolean {
    const negated = this.take('^');
    const tests: ((character: string) => boolean)[] = [];
    for (let first = true; first || this.peek() !== ']'; first = false) tests.push(this.classMember());
    this.at += 1;
    return (character) => tests.some((test) => test(character)) !== negated;
  }

  private classMember(): (character: string) => boolean {
    const low = this.next();
    if (low === '\\') return escaped(this.next());
    if (this.peek() !== '-' || this.source[this.at + 1] === ']') return (character) => character === low;
    this.at += 1;
    const high = this.next();
    if (high === '\\' || high < low) throw new UnreadablePattern();
    return (character) => character >= low && character <= high;
  }

  private peek(): string {
    return this.source[this.at] ?? '';
  }

  private next(): string {
    const character = this.source[this.at];
    if (character === undefined) throw new UnreadablePattern();
    this.at += 1;
    return character;
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }
}

function positionsOf(text: string): ReadonlySet<number> {
  return new Set(Array.from({ length: text.length + 1 }, (_, index) => index));
}

/** From the first place where all parts fit, each takes as much as leaves room for those behind it. */
function capturesOf(parts: readonly Part[], text: string): readonly string[] {
  const all = [...positionsOf(text)];
  // Where each part may begin so that it and all behind it fit; behind the last one every place will do.
  const fits: ReadonlySet<number>[] = [new Set(all)];
  for (const { match } of parts.toReversed()) {
    const next = fits[0] ?? new Set();
    fits.unshift(new Set(all.filter((at) => [...match(text, new Set([at]))].some((end) => next.has(end)))));
  }
  let at = Math.min(...(fits[0] ?? []));
  if (at === Infinity) return [];
  const captured: string[] = [];
  for (const [index, { match, captures }] of parts.entries()) {
    const end = Math.max(...[...match(text, new Set([at]))].filter((each) => fits[index + 1]?.has(each)));
    if (captures) captured.push(text.slice(at, end));
    at = end;
  }
  return captured;
}

const CLASSES: Readonly<Record<string, RegExp>> = { d: /\d/, D: /\D/, w: /\w/, W: /\W/, s: /\s/, S: /\S/ };

function escaped(character: string): (character: string) => boolean {
  const known = CLASSES[character];
  if (known !== undefined) return (each) => known.test(each);
  if (/[A-Za-z0-9]/.test(character)) throw new UnreadablePattern();
  return (each) => each === character;
}

function one(test: (character: string) => boolean): Matcher {
  return (text, from) =>
    new Set([...from].filter((at) => at < text.length && test(text[at] ?? '')).map((at) => at + 1));
}

function only(test: (text: string, position: number) => boolean): Matcher {
  return (text, from) => new Set([...from].filter((at) => test(text, at)));
}

/** @param most null: as often as it goes */
function repeated(matcher: Matcher, least: number, most: number | null): Matcher {
  if (least > MOST_REPEATS || (most !== null && (most > MOST_REPEATS || most < least))) throw new UnreadablePattern();
  return (text, from) => {
    let ends = from;
    for (let count = 0; count < least; count += 1) ends = matcher(text, ends);
    const reached = new Set(ends);
    for (let count = least; ends.size > 0 && (most === null || count < most); count += 1) {
      ends = new Set([...matcher(text, ends)].filter((end) => !reached.has(end)));
      for (const end of ends) reached.add(end);
    }
    return reached;
  };
}
