import { createHash } from 'node:crypto';
import type { IdSource } from '#libs/recording-model';

/**
 * Identifiers that follow from a seed alone: SHA-256 over seed and counter. The same seed and the same order of calls
 * give the same ids. UUIDs have the form of version 4; `hex` takes 1 to 64 digits.
 */
export function seededIdSource(seed: number | string): IdSource {
  let counter = 0;
  const next = (): string => createHash('sha256').update(`${seed}:${counter++}`).digest('hex');
  return {
    uuid: () => {
      const hex = next();
      const variant = '89ab'.charAt(parseInt(hex.charAt(16), 16) & 3);
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        variant + hex.slice(17, 20),
        hex.slice(20, 32),
      ].join('-');
    },
    hex: (digits) => next().slice(0, digits),
  };
}
