import { pino, type Logger } from 'pino';

/** Structured lines for people and machines; credentials are never handed to it, and well-known names are cut all the same. */
export function createLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: ['secrets', '*.secrets', 'authorization', '*.authorization', 'headers.authorization'], censor: '***' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

export type { Logger };
