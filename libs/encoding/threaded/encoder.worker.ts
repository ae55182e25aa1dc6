import { parentPort } from 'node:worker_threads';
import { toRecgateError } from '#libs/recording-model';
import { createFormatEncoder } from '../format-encoder.js';
import { RenditionFile } from '../rendition-file.js';
import type { FromThread, ToThread } from './messages.js';

if (parentPort === null) throw new Error('This file is the program of an encoder thread');
const port = parentPort;

let file: RenditionFile | null = null;
let failed = false;
/** Messages are worked off one after the other, although opening an encoder takes a moment. */
let queue = Promise.resolve();

port.on('message', (message: ToThread) => {
  queue = queue.then(() => handle(message)).catch(fail);
});

async function handle(message: ToThread): Promise<void> {
  switch (message.kind) {
    case 'begin':
      failed = false;
      file = new RenditionFile(message.job, await createFormatEncoder(message.job.format, message.job.audio));
      return;
    case 'block':
      try {
        file?.push(message.block.subarray(0, message.length));
      } finally {
        tell({ kind: 'block', block: message.block });
      }
      return;
    case 'end':
      if (file === null) return;
      tell({ kind: 'done', rendition: file.finish() });
      file = null;
      return;
    case 'cancel':
      // After a failure the other side has its answer already.
      if (!failed) tell({ kind: 'cancelled' }, discard);
      return;
  }
}

function fail(thrown: unknown): void {
  failed = true;
  const { code, message, field } = toRecgateError(thrown);
  tell({ kind: 'failed', code, message, field }, discard);
}

function discard(): void {
  file?.discard();
  file = null;
}

function tell(message: FromThread, before: () => void = () => undefined): void {
  before();
  port.postMessage(message, message.kind === 'block' ? [message.block.buffer] : []);
}
