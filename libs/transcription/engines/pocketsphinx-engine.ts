import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Resampler } from '#libs/media';
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
      return { language: 'en-US', words: inOrder(readWords(await run(program, audio, signal), durationOf(audio))) };
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

async function* bytesOf(audio: PcmSource): AsyncGenerator<Buffer> {
  for await (const samples of resampled(audio)) yield Buffer.from(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
}

/** The audio goes through a pipe and never lies on the disk. `cat` makes the pipe: the program cannot open a socket. */
const SCRIPT = 'cat | "$0" -infile /dev/stdin -time yes -logfn /dev/null';

async function run(program: string, audio: PcmSource, signal: AbortSignal): Promise<string> {
  if (signal.aborted) throw new RecgateError('outbound.failed', `${POCKETSPHINX_PROGRAM} was not begun`, { cause: signal.reason });
  const child = spawn('/bin/sh', ['-c', SCRIPT, program], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const kill = () => killAll(child);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const heard = outputOf(child);
    // When the program ends early its output, or that it has none, says why.
    const fed = pipeline(bytesOf(audio), child.stdin).catch((cause: unknown) => cause);
    const output = await heard;
    const failure = await fed;
    if (failure instanceof RecgateError) throw failure;
    if (failure !== undefined) throw new RecgateError('outbound.failed', `${POCKETSPHINX_PROGRAM} did not hear to the end`, { cause: failure });
    return output;
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** The shell with all that it has started. */
function killAll({ pid, exitCode, signalCode }: Child): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // They have ended by themselves.
  }
}

function outputOf(child: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT) killAll(child);
      else chunks.push(chunk);
    });
    child.once('error', (cause) => reject(new RecgateError('outbound.failed', `${POCKETSPHINX_PROGRAM} was broken off`, { cause })));
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(new RecgateError('outbound.failed', `${POCKETSPHINX_PROGRAM} ended with code ${code}`));
    });
  });
}
