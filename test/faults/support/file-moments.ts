import { mkdirSync, watch } from 'node:fs';
import { PATIENCE_MS } from './product.js';

/**
 * Resolves at the moment when something happens to a file of the directory whose name fits; the directory is made when
 * missing. Only the directory itself is watched: the system tells of everything there, while a recursive watch reads
 * directories again and never sees a file that has gone by then.
 */
export function momentOf(directory: string, fits: (name: string) => boolean): Promise<string> {
  mkdirSync(directory, { recursive: true });
  return new Promise((resolve, reject) => {
    const watcher = watch(directory, (_event, name) => {
      if (name === null || !fits(name)) return;
      end();
      resolve(name);
    });
    const limit = setTimeout(() => {
      end();
      reject(new Error(`Waited in vain for a file in ${directory}`));
    }, PATIENCE_MS);
    const end = () => {
      clearTimeout(limit);
      watcher.close();
    };
  });
}
