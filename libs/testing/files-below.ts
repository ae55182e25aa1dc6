import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

/** Paths of all files below a directory, relative to it. What disappears meanwhile is left out. */
export function filesBelow(directory: string): string[] {
  return entriesOf(directory).flatMap((entry) => {
    if (entry.isFile()) return [entry.name];
    return entry.isDirectory() ? filesBelow(join(directory, entry.name)).map((path) => join(entry.name, path)) : [];
  });
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
