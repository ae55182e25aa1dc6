import { readFileSync, readSync } from 'node:fs';
import type { CallDirection, CallIdentity, DocumentRole, JsonObject, JsonValue } from '#libs/recording-model';
import { UsageError } from './usage-error.js';

/** A call longer than a day is a slip of the keyboard. */
const LONGEST_CALL_S = 86_400;
const DTMF_KEY = /^[0-9*#A-D]$/;

/** A key pressed by the caller. */
export interface KeyPress {
  readonly atMs: number;
  readonly key: string;
}

/** A document that is handed to the call while it runs. */
export interface LaterDocument {
  readonly atMs: number;
  readonly role: DocumentRole;
  readonly body: string;
}

/** `S=FILE`, in order of time: documents for the running call, all of one role. */
export function laterDocumentsOf(texts: readonly string[], role: DocumentRole): readonly LaterDocument[] {
  const documents = texts.map((text): LaterDocument => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--instruct must be like 4.5=stop.json, not "${text.slice(0, 40)}"`);
    const atMs = millisecondsOf('--instruct', text.slice(0, at));
    return { atMs, role, body: readText('--instruct', text.slice(at + 1)) };
  });
  return documents.sort((a, b) => a.atMs - b.atMs);
}

/** Seconds, with fractions, as whole milliseconds. */
export function millisecondsOf(option: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : NaN;
  if (!(value <= LONGEST_CALL_S))
    throw new UsageError(`${option} must be a number of seconds from 0 to ${LONGEST_CALL_S}, not "${text}"`);
  return Math.round(value * 1000);
}

/** `2.0:#,3.5:1`: keys at media times in seconds. */
export function keyPressesOf(text: string): readonly KeyPress[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [time = '', key = ''] = part.trim().split(':');
      if (!DTMF_KEY.test(key.toUpperCase()))
        throw new UsageError(`--dtmf: "${part.trim()}" is not like 2.0:# (keys are 0-9 * # A-D)`);
      return { atMs: millisecondsOf('--dtmf', time), key: key.toUpperCase() };
    });
}

/** Repeated `key=value` options as pairs; the value may hold further `=`. */
export function pairsOf(option: string, texts: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`${option} must be like key=value, not "${text.slice(0, 40)}"`);
    pairs.set(text.slice(0, at), text.slice(at + 1));
  }
  return pairs;
}

/**
 * `URL=FILE`, cut at the last `=`: a URL may hold others in its query. What is given for one URL several times are its
 * answers in order.
 */
export function answersOf(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const answers = new Map<string, string[]>();
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const url = text.slice(0, Math.max(at, 0));
    if (!URL.canParse(url)) {
      throw new UsageError(`--respond must be like https://app.example.com/next=answer.json, not "${text}"`);
    }
    const earlier = answers.get(url) ?? [];
    answers.set(url, [...earlier, readText('--respond', text.slice(at + 1))]);
  }
  return answers;
}

/** An instant in ISO 8601. */
export function instantOf(option: string, text: string): Date {
  const instant = /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(instant.getTime()))
    throw new UsageError(`${option} must be an instant such as 2026-01-05T09:00:00Z, not "${text}"`);
  return instant;
}

/** A file, or standard input for `-`. */
export function readText(option: string, path: string): string {
  try {
    return path === '-' ? readStandardInput() : readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new UsageError(
      `${option}: ${path} cannot be read (${(thrown as NodeJS.ErrnoException).code ?? String(thrown)})`,
    );
  }
}

/** All of standard input. A pipe that has nothing to read yet is waited for. */
function readStandardInput(): string {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const length = readWhenReady(chunk);
    if (length === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(chunk.subarray(0, length));
  }
}

/** Bytes read from standard input; 0 at its end. Pipes that do not block answer EAGAIN in between. */
function readWhenReady(chunk: Buffer): number {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}

/** The call as the application sees it: what `--call` says, the rest from the defaults. Unknown members are the vendor's own. */
export function identityOf(text: string | undefined, defaults: Omit<CallIdentity, 'vendor'>): CallIdentity {
  const { callId, from, to, direction, conferenceId, vendor, ...others } = text === undefined ? {} : objectOf(text);
  return {
    callId: textMember('callId', callId) ?? defaults.callId,
    from: textMember('from', from) ?? defaults.from,
    to: textMember('to', to) ?? defaults.to,
    direction: directionOf(direction) ?? defaults.direction,
    ...(conferenceId === undefined ? {} : { conferenceId: textMember('conferenceId', conferenceId) ?? '' }),
    vendor: { ...others, ...(isObject(vendor) ? vendor : {}) },
  };
}

function objectOf(text: string): JsonObject {
  const json = text.startsWith('@') ? readText('--call', text.slice(1)) : text;
  let value: JsonValue;
  try {
    value = JSON.parse(json) as JsonValue;
  } catch (thrown) {
    throw new UsageError(`--call is not JSON: ${(thrown as Error).message}`);
  }
  if (!isObject(value)) throw new UsageError('--call must be a JSON object');
  return value;
}

function textMember(name: string, value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw new UsageError(`--call: ${name} must be a text`);
  return value;
}

function directionOf(value: JsonValue | undefined): CallDirection | undefined {
  if (value === undefined || value === 'inbound' || value === 'outbound') return value;
  throw new UsageError('--call: direction must be inbound or outbound');
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
