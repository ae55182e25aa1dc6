import { mkdirSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Resolves at the moment when something happens to a file below the directory whose path fits; the directory is made when missing. */
export function momentOf(directory: string, fits: (path: string) => boolean): Promise<string> {
  mkdirSync(directory, { recursive: true });
  return new Promise((resolve) => {
    const watcher = watch(directory, { recursive: true }, (_event, name) => {
      if (name === null || !fits(name)) return;
      watcher.close();
      resolve(name);
    });
  });
}

/** Paths of all files below a directory, relative to it. */
export function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}
