import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resampler, writeWavHeader } from '#libs/media';
import { RecgateError, type Hearing, type HearingRequest, type PcmSource, type SpeechToText } from '#libs/recording-model';
import { durationOf, inOrder, type HeardWord } from '../heard-word.js';

/** The program that is run. */
export const POCKETSPHINX_PROGRAM = 'pocketsphinx_continuous';
/** What its acoustic model was trained with. */
const SAMPLE_RATE = 16_000;
const MOST_OUTPUT = 16 * 1024 * 1024;
/** `<s>`, `</s>`, `<sil>`, `[NOISE]`: what it heard besides words. */
const NO_WORD = /^[<[]/;

/**
 * The offline engine of Debian (`pocketsphinx`, `pocketsphinx-en-us`): English, words with times and confidence. It proves
 * that everything is connected; its text is poor.
 * @param program where it is; null: it is not installed
 */
export function createPocketsphinxEngine(program: string | null): SpeechToText {
  return {
    name: 'pocketsphinx',
    async hear({ audio, language, signal }: HearingRequest): Promise<Hearing> {
      if (language !== null && !/^en\b/i.test(language)) {
        throw new RecgateError('field.invalid', `pocketsphinx knows English only, not ${language}`, { field: 'locale' });
      }
      if (program === null) throw new RecgateError('outbound.refused', `${POCKETSPHINX_PROGRAM} is not installed (apt-get install pocketsphinx pocketsphinx-en-us)`);
      const file = join(tmpdir(), `recgate-hearing-${randomUUID()}.wav`);
      try {
        await writeWav(file, audio, signal);
        return { language: 'en-US', words: inOrder(readWords(await run(program, file, signal), durationOf(audio))) };
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}

/** Lines such as `hello(2) 0.340 0.870 0.984812`: word with its pronunciation, start, end, probability. */
function readWords(output: string, longestMs: number): HeardWord[] {
  return output.split('\n').flatMap((line): HeardWord[] => {
    const [, word = '', start = '', end = '', confidence = ''] = /^(\S+?)(?:\(\d+\))? (\d+\.\d+) (\d+\.\d+) (\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(line.trim()) ?? [];
    if (word === '' || NO_WORD.test(word)) return [];
    const startMs = Math.min(Math.round(Number(start) * 1000), longestMs);
    const endMs = Math.min(Math.max(Math.round(Number(end) * 1000), startMs), longestMs);
    return [{ text: word, startMs, endMs, confidence: Math.min(Number(confidence), 1), speaker: null }];
  });
}

async function writeWav(path: string, audio: PcmSource, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    // The length is known at the end only: the header is written twice.
    await file.write(headerOf(0), 0, undefined, 0);
    let written = 0;
    for await (const samples of resampled(audio)) {
      signal.throwIfAborted();
      const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
      await file.write(bytes, 0, bytes.length, headerOf(0).length + written * 2);
      written += samples.length;
    }
    await file.write(headerOf(written), 0, undefined, 0);
  } finally {
    await file.close();
  }
}

async function* resampled(audio: PcmSource): AsyncGenerator<Int16Array> {
  if (audio.sampleRate === SAMPLE_RATE) {
    yield* audio.blocks();
    return;
  }
  const resampler = new Resampler(audio.sampleRate, SAMPLE_RATE);
  for await (const block of audio.blocks()) {
    const out = new Int16Array(resampler.maxOutput(block.length));
    yield out.subarray(0, resampler.process(block, block.length, out));
  }
  const rest = new Int16Array(resampler.maxOutput(0));
  yield rest.subarray(0, resampler.flush(rest));
}

function headerOf(samples: number): Uint8Array {
  return writeWavHeader({ codec: 'pcm16', sampleRate: SAMPLE_RATE, channels: 1, samples });
}

function run(program: string, file: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-infile', file, '-time', 'yes', '-logfn', '/dev/null'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      signal,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.once('error', (cause) => reject(new RecgateError('outbound.failed', `${POCKETSPHINX_PROGRAM} was broken off`, { cause })));
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(new RecgateError('outbound.failed', `${POCKETSPHINX_PROGRAM} ended with code ${code}`));
    });
  });
}
