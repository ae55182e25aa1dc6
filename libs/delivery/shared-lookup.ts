import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

type LookupCallback = Parameters<LookupFunction>[2];

interface Question {
  /** Null while the answer is awaited. */
  answer: Parameters<LookupCallback> | null;
  /** Until when the answer counts, ms of the clock. */
  expiresAt: number;
  readonly waiting: LookupCallback[];
}

export interface SharedLookupOptions {
  /** How long an answer counts, ms; errors count as long. Default 5,000. */
  readonly ttlMs?: number;
  /** Names remembered; default 10,000. */
  readonly maxNames?: number;
  /** Monotonic clock, ms. */
  readonly now?: () => number;
}

/**
 * Asks one question a name at a time and remembers the answer for a moment. The system's resolver works on a handful of
 * threads that the whole process shares: without this, a thousand requests to one name whose servers are dead
 * would hold up the resolution of every other name.
 */
export function sharedLookup(lookup: LookupFunction, options: SharedLookupOptions = {}): LookupFunction {
  const { ttlMs = 5_000, maxNames = 10_000, now = () => performance.now() } = options;
  const questions = new Map<string, Question>();
  const ask = (key: string, hostname: string, lookupOptions: Parameters<LookupFunction>[1]): Question => {
    const question: Question = { answer: null, expiresAt: Infinity, waiting: [] };
    makeRoom(questions, maxNames, now());
    questions.set(key, question);
    lookup(hostname, lookupOptions, (...answer) => {
      question.answer = answer;
      question.expiresAt = now() + ttlMs;
      for (const callback of question.waiting.splice(0)) callback(...copyOf(answer));
    });
    return question;
  };
  return (hostname, lookupOptions, callback) => {
    const key = `${hostname} ${lookupOptions.family ?? 0} ${lookupOptions.hints ?? 0} ${lookupOptions.all === true}`;
    const known = questions.get(key);
    const question = known === undefined || known.expiresAt <= now() ? ask(key, hostname, lookupOptions) : known;
    if (question.answer === null) question.waiting.push(callback);
    else callback(...copyOf(question.answer));
  };
}

/** Forgets what has expired, then the oldest, when there is no room for another name. */
function makeRoom(questions: Map<string, Question>, maxNames: number, at: number): void {
  if (questions.size < maxNames) return;
  for (const [key, question] of questions) if (question.expiresAt <= at) questions.delete(key);
  for (const [key, question] of questions) {
    if (questions.size < maxNames) return;
    if (question.answer !== null) questions.delete(key);
  }
}

/** Callers may keep or change the list they get. With an error the system's resolver gives no address at all, whatever its types say. */
function copyOf([error, address, family]: Parameters<LookupCallback>): Parameters<LookupCallback> {
  const own: string | LookupAddress[] = Array.isArray(address) ? [...address] : address;
  return family === undefined ? [error, own] : [error, own, family];
}
