import type { StreamLeg } from './stream-leg.js';

/** The names of the dialects. */
export type StreamDialect = 'raw' | 'sinch' | 'json';

/** What the far end of a stream has said about it, as far as its dialect has words for that. */
export interface StreamFacts {
  /** The platform's own name of the call; null when it told none. */
  readonly callId: string | null;
  /** The application's key at the platform; null when it told none. */
  readonly applicationKey: string | null;
  /** What the application gave the stream on its way. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The socket as a dialect sees it. */
export interface StreamSocket {
  sendText(message: object): void;
  /** Sends 20 ms as they are, or within a message. A far end that reads nothing of what it is sent does not get it. */
  sendAudio(audio: Uint8Array | object): void;
  hold(on: boolean): void;
  /** Tells what the far end has said about the stream, once, when it has begun. */
  opened(facts: StreamFacts): void;
  /** Ends the stream; the reason is shown to the far end. */
  refuse(reason: string): void;
}

/** One stream being spoken; made for each connection. */
export interface DialectStream {
  text(message: Readonly<Record<string, unknown>>): void;
  binary(bytes: Buffer): void;
  /** Message that keeps the connection alive, and how often; null: none. */
  readonly heartbeat: { readonly message: object; readonly everyMs: number } | null;
}

export type OpenDialect = (socket: StreamSocket, legs: readonly StreamLeg[]) => DialectStream;

/** An object out of a message; empty when it is not one. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

const KEY = /^[0-9*#A-D]$/;

/** A key out of a message; null when it is none. */
export function keyOf(value: unknown): string | null {
  return typeof value === 'string' && KEY.test(value.toUpperCase()) ? value.toUpperCase() : null;
}

/** A text out of a message; null when it is none. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Names and texts out of an object, or out of a list of `{key, value}`. */
export function headersOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Array.isArray(value) ? value.map(objectOf).map(({ key, value: text }) => [key, text]) : Object.entries(objectOf(value));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[0] === 'string' && typeof entry[1] === 'string'));
}
