import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureResult, RecordingFormat, Rendition } from '#libs/recording-model';
import { syncDirectory, type SpoolPaths } from '../spool-header.js';

/** What a followed rendition holds; it is of use only to whoever wants exactly this. */
type Facts = Pick<CaptureResult, 'sampleRate' | 'channels' | 'capturedSamples' | 'trimLeadingSamples' | 'trimTrailingSamples' | 'startedAt'> &
  Pick<RecordingFormat, 'container' | 'codec' | 'bitrateKbps'>;

interface FollowedNote {
  readonly facts: Facts;
  readonly rendition: Rendition;
}

/** Files of a followed rendition beside the audio of the spool; all begin alike. */
const PREFIX = 'followed.';
/** A process that follows a spool needs this long at most after the capture ended; longer, and it is dead. */
const OTHER_PROCESS_MS = 2000;
const LOOK_AGAIN_MS = 10;

/** Where the rendition grows. */
export function followedFile({ directory }: SpoolPaths): string {
  return join(directory, `${PREFIX}rendition`);
}

function noteFile({ directory }: SpoolPaths): string {
  return join(directory, `${PREFIX}json`);
}

function factsOf(capture: CaptureResult, format: RecordingFormat): Facts {
  const { sampleRate, channels, capturedSamples, trimLeadingSamples, trimTrailingSamples, startedAt } = capture;
  const { container, codec, bitrateKbps } = format;
  return { sampleRate, channels, capturedSamples, trimLeadingSamples, trimTrailingSamples, startedAt, container, codec, bitrateKbps };
}

/** Says that a followed rendition is whole, and of what it is. */
export async function noteFollowed(paths: SpoolPaths, capture: CaptureResult, format: RecordingFormat, rendition: Rendition): Promise<void> {
  const note: FollowedNote = { facts: factsOf(capture, format), rendition };
  const temporary = `${noteFile(paths)}.partial`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(note));
  } finally {
    await file.close();
  }
  await rename(temporary, noteFile(paths));
}

/**
 * Moves the followed rendition to where it is wanted; null when there is none, or it is not exactly what is wanted.
 * Waits a moment for a follower in another process.
 */
export async function takeFollowedFile(
  paths: SpoolPaths,
  capture: CaptureResult,
  format: RecordingFormat,
  outputFile: string,
): Promise<Rendition | null> {
  const note = await readNote(paths);
  if (note === null || JSON.stringify(note.facts) !== JSON.stringify(factsOf(capture, format))) {
    await removeFollowed(paths);
    return null;
  }
  await rename(followedFile(paths), outputFile);
  await syncDirectory(dirname(outputFile));
  return { ...note.rendition, file: outputFile, contentType: format.contentType };
}

/** Removes what following left beside the audio. */
export async function removeFollowed(paths: SpoolPaths): Promise<void> {
  for (const name of await followedNames(paths)) await rm(join(paths.directory, name), { force: true });
}

async function readNote(paths: SpoolPaths): Promise<FollowedNote | null> {
  const deadline = Date.now() + OTHER_PROCESS_MS;
  for (;;) {
    const text = await readFile(noteFile(paths), 'utf8').catch(() => null);
    if (text !== null) return JSON.parse(text) as FollowedNote;
    // Without any file of it nobody follows, or whoever did has given up.
    if (Date.now() > deadline || (await followedNames(paths)).length === 0) return null;
    await sleep(LOOK_AGAIN_MS);
  }
}

async function followedNames({ directory }: SpoolPaths): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.startsWith(PREFIX));
}
