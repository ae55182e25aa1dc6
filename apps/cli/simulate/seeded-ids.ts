import { createHash } from 'node:crypto';
import type { IdSource } from '#libs/recording-model';

/** Identifiers that follow from the seed: SHA-256 over seed and a counter. The same seed and order of calls give the same ids. */
export function seededIds(seed: string): IdSource {
  let counter = 0;
  const digest = (): string => createHash('sha256').update(`recgate simulate\n${seed}\n${counter++}`).digest('hex');
  return { uuid: () => asUuid(digest()), hex: (digits) => hexOf(digits, digest) };
}

function hexOf(digits: number, digest: () => string): string {
  let text = '';
  while (text.length < digits) text += digest();
  return text.slice(0, digits);
}

/** In the form of version 4. */
function asUuid(hex: string): string {
  const variant = '89ab'.charAt(parseInt(hex.charAt(16), 16) & 3);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
