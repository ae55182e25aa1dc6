import type { StreamLeg } from './stream-leg.js';

/** The names of the dialects. */
export type StreamDialect = 'raw' | 'sinch' | 'json';

/** The socket as a dialect sees it. */
export interface StreamSocket {
  sendText(message: object): void;
  sendBinary(bytes: Uint8Array): void;
  hold(on: boolean): void;
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
