import { open, readFile, rename, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RecgateError, type Party, type RecordingSpec } from '#libs/recording-model';

/** What must be known to finish a recording whose process died. Holds no credential. */
export interface SpoolHeader {
  readonly recordingId: string;
  readonly callRef: string;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Wall time of the first recorded sample, ISO 8601 with ms. */
  readonly startedAt: string;
  /** Media time of the call at the first recorded sample, ms. */
  readonly mediaStartMs: number;
  readonly legs: readonly (Party | 'conference')[];
  /** Whether the segments are sealed; written by the spool itself. */
  readonly sealed?: boolean;
  readonly spec: Pick<RecordingSpec, 'vendor' | 'mode' | 'parties' | 'trim' | 'minDurationMs'>;
}

/** The files of one spool. */
export interface SpoolPaths {
  readonly directory: string;
  readonly header: string;
  readonly audio: string;
}

const FORMAT_VERSION = 1;
const SAFE_ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** True for a name that may be a recording's. */
export function isRecordingId(name: string): boolean {
  return SAFE_ID.test(name);
}

/**
 * Where the spool of a recording lies.
 * @throws RecgateError `request.invalid` when the id could lead out of the directory.
 */
export function spoolPaths(root: string, recordingId: string): SpoolPaths {
  if (!isRecordingId(recordingId)) throw new RecgateError('request.invalid', `"${recordingId}" is not a recording id`);
  const directory = join(root, recordingId);
  return { directory, header: join(directory, 'header.json'), audio: join(directory, 'audio.segments') };
}

/** Makes the spool's directory and its header; with `sync` both outlive a power cut once the promise is resolved. */
export async function writeSpoolHeader(paths: SpoolPaths, header: SpoolHeader, sync: boolean): Promise<void> {
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  const temporary = `${paths.header}.partial`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ version: FORMAT_VERSION, ...header }));
    if (sync) await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, paths.header);
  if (!sync) return;
  await syncDirectory(paths.directory);
  await syncDirectory(dirname(paths.directory));
}

/** The header, or null when the spool has none or it cannot be read: then it was never begun. */
export async function readSpoolHeader(paths: SpoolPaths): Promise<SpoolHeader | null> {
  try {
    const header = JSON.parse(await readFile(paths.header, 'utf8')) as Partial<SpoolHeader> & { version?: number };
    const whole =
      header.version === FORMAT_VERSION &&
      typeof header.sampleRate === 'number' &&
      (header.channels === 1 || header.channels === 2) &&
      typeof header.startedAt === 'string' &&
      typeof header.mediaStartMs === 'number';
    return whole ? (header as SpoolHeader) : null;
  } catch {
    return null;
  }
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
