import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** A file written under a temporary name, synced, not yet in its place. */
export interface StagedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex, of the bytes as they were read back from the file. */
  readonly sha256: string;
}

/** Writes a stream to a new temporary file, syncs it and reads it back; nothing is left when it fails. */
export async function stageFile(
  directory: string,
  bytes: Readable | Buffer,
  signal?: AbortSignal,
): Promise<StagedFile> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${randomUUID()}.tmp`);
  try {
    const file = await open(path, 'wx', 0o640);
    try {
      for await (const chunk of Buffer.isBuffer(bytes) ? [bytes] : (bytes as AsyncIterable<Buffer>)) {
        signal?.throwIfAborted();
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { path, ...(await readBack(path)) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Moves a staged file into its place and syncs the directories, so that it is there after a power cut. */
export async function settleFile(staged: StagedFile, root: string, target: string): Promise<void> {
  await makeDirectories(root, dirname(target));
  await rename(staged.path, target);
  await syncDirectory(dirname(target));
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Creates what is missing between root and directory; a new directory is durable once its parent is synced. */
async function makeDirectories(root: string, directory: string): Promise<void> {
  const created = await mkdir(directory, { recursive: true, mode: 0o750 });
  if (created === undefined) return;
  let parent = root;
  await syncDirectory(parent);
  for (const segment of relative(root, directory).split('/')) {
    parent = join(parent, segment);
    await syncDirectory(parent);
  }
}

async function readBack(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
  stream.on('data', (chunk) => {
    hash.update(chunk);
    sizeBytes += chunk.length;
  });
  await finished(stream);
  return { sizeBytes, sha256: hash.digest('hex') };
}
