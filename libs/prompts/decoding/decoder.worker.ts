import { parentPort } from 'node:worker_threads';
import { toRecgateError } from '#libs/recording-model';
import { decodeAudio } from './decode-audio.js';
import type { FromDecoder, ToDecoder } from './messages.js';

if (parentPort === null) throw new Error('This file is the program of a decoder thread');
const port = parentPort;

// The MP3 decoder prints a line for every damaged frame; whoever asked gets the audio or an error.
Object.assign(console, { error: () => undefined });

let pieces: Uint8Array[] = [];

port.on('message', (message: ToDecoder) => {
  if (message.kind === 'piece') {
    pieces.push(message.bytes);
    return;
  }
  const bytes = Buffer.concat(pieces);
  pieces = [];
  decodeAudio(bytes, message.hint, message.decryption).then(
    ({ samples, sampleRate }) => {
      const own = new Int16Array(samples);
      port.postMessage({ kind: 'decoded', samples: own, sampleRate } satisfies FromDecoder, [own.buffer]);
    },
    (thrown: unknown) => {
      const { code, message: text } = toRecgateError(thrown);
      port.postMessage({ kind: 'failed', code, message: text } satisfies FromDecoder);
    },
  );
});
