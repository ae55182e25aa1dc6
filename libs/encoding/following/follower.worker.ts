import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { toRecgateError } from '#libs/recording-model';
import { createFormatEncoder } from '../format-encoder.js';
import { RenditionFile } from '../rendition-file.js';
import type { FromFollower, ToFollower } from './messages.js';

if (parentPort === null) throw new Error('This file is the program of a follower thread');
const port = parentPort;

/** Below the capture of audio, above nothing: there is always time until the hang-up. */
const NICENESS = 5;
/** Blocks of one rendition after which the disk is given what was written. */
const SYNC_EVERY = 8;

interface Followed {
  readonly file: RenditionFile;
  blocks: number;
}

const renditions = new Map<number, Followed>();
/** Messages are worked off one after the other, although opening an encoder takes a moment. */
let queue = Promise.resolve();

stepBack();
port.on('message', (message: ToFollower) => {
  queue = queue.then(() => handle(message)).catch((thrown: unknown) => fail(message.key, thrown));
});

/** Linux gives each thread its own niceness; elsewhere it would be the whole process's. */
function stepBack(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, NICENESS);
  } catch {
    // Not allowed here: it runs at the ordinary priority.
  }
}

async function handle(message: ToFollower): Promise<void> {
  const { key } = message;
  switch (message.kind) {
    case 'open': {
      const { job } = message;
      renditions.set(key, { file: new RenditionFile(job, await createFormatEncoder(job.format, job.audio)), blocks: 0 });
      return;
    }
    case 'block':
      try {
        push(renditions.get(key), message.block.subarray(0, message.length));
      } finally {
        tell({ kind: 'block', block: message.block });
      }
      return;
    case 'finish': {
      const followed = renditions.get(key);
      if (followed === undefined) return;
      tell({ kind: 'done', key, rendition: followed.file.finish(message.samples) });
      renditions.delete(key);
      return;
    }
    case 'drop':
      // After a failure the other side has had the last word about it.
      if (discard(key)) tell({ kind: 'dropped', key });
      return;
  }
}

function push(followed: Followed | undefined, samples: Int16Array): void {
  if (followed === undefined) return;
  followed.file.push(samples);
  followed.blocks++;
  if (followed.blocks % SYNC_EVERY === 0) followed.file.sync();
}

function fail(key: number, thrown: unknown): void {
  discard(key);
  const { code, message, field } = toRecgateError(thrown);
  tell({ kind: 'failed', key, code, message, field });
}

function discard(key: number): boolean {
  const followed = renditions.get(key);
  renditions.delete(key);
  followed?.file.discard();
  return followed !== undefined;
}

function tell(message: FromFollower): void {
  port.postMessage(message, message.kind === 'block' ? [message.block.buffer] : []);
}
