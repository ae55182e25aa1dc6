import { randomBytes, randomUUID } from 'node:crypto';
import type { IdSource } from '#libs/recording-model';

/** Identifiers nobody can guess. */
export const randomIds: IdSource = {
  uuid: () => randomUUID(),
  hex: (digits) => randomBytes(Math.ceil(digits / 2)).toString('hex').slice(0, digits),
};
