import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where a program is on a search path like `PATH`; null when it is on none of its directories. */
export function findProgram(name: string, searchPath: string): string | null {
  const files = searchPath
    .split(delimiter)
    .filter(isAbsolute)
    .map((directory) => join(directory, name));
  return files.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
