import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's directory: as the launcher says, else seen from the built file. */
export function projectRoot(): string {
  const own = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
  return process.env['RECGATE_ROOT'] ?? own;
}
