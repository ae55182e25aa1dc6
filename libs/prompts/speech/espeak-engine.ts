import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { RecgateError, type SpeechRequest } from '#libs/recording-model';
import { MAX_AUDIO_BYTES, readBounded } from '../read-bounded.js';
import { Turns } from '../turns.js';
import { espeakVoices } from './espeak-voice.js';
import type { SpeechEngine, SpokenFile } from './speech-engine.js';

/** Programs at once. */
const AT_ONCE = 2;
/** Longest time for one text, ms; a page of text takes less than a second. */
const TIMEOUT_MS = 20_000;

/** Speaks with the program espeak-ng: offline, in about a hundred languages. Texts go through its standard input only. */
export function createEspeakEngine(program: string): SpeechEngine {
  const turns = new Turns(AT_ONCE);
  return {
    name: 'espeak-ng',
    synthesize: (request, signal) => turns.take(signal, () => withFallbacks(program, request, signal)),
  };
}

async function withFallbacks(program: string, request: SpeechRequest, signal: AbortSignal): Promise<SpokenFile> {
  let last: unknown;
  for (const voice of espeakVoices(request)) {
    try {
      return { pieces: await run(program, voice, request.text, signal), contentType: 'audio/wav' };
    } catch (error) {
      // A voice that is not there ends the program at once; a program that hangs is not asked again.
      if (!(error instanceof ProgramFault)) throw error;
      last = error;
    }
  }
  throw failed('espeak-ng gave no audio', last);
}

/** The program ended without audio. */
class ProgramFault extends Error {}

async function run(program: string, voice: string, text: string, signal: AbortSignal): Promise<readonly Uint8Array[]> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const either = AbortSignal.any([signal, timeout]);
  const child = spawn(program, ['-b', '1', '-v', voice, '--stdin', '--stdout'], { env: environment() });
  const kill = (): void => void child.kill('SIGKILL');
  either.addEventListener('abort', kill, { once: true });
  const ended = endOf(child);
  child.stderr.resume();
  // A program that ends early closes its input; its exit says more than that.
  child.stdin.on('error', () => undefined).end(speakable(text));
  try {
    const pieces = await readBounded(child.stdout, MAX_AUDIO_BYTES, either);
    await ended;
    return pieces;
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) throw failed(`espeak-ng took longer than ${TIMEOUT_MS} ms`, error);
    // The fault of the program explains the missing audio.
    await ended;
    throw new ProgramFault('no audio');
  } finally {
    either.removeEventListener('abort', kill);
    child.kill('SIGKILL');
  }
}

/** Rejects when the program fails; may be left unobserved. */
function endOf(child: ChildProcessWithoutNullStreams): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', (error) => reject(failed('espeak-ng cannot be started', error)));
  child.once('close', (code) => (code === 0 ? resolve() : reject(new ProgramFault(`exit code ${code}`))));
  promise.catch(() => undefined);
  return promise;
}

/** Without the gateway's own variables: the program needs none of them. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, ESPEAK_DATA_PATH: data } = process.env;
  return { ...(PATH === undefined ? {} : { PATH }), ...(data === undefined ? {} : { ESPEAK_DATA_PATH: data }) };
}

/** Control characters are not spoken, and `[[` would begin the program's own phoneme notation. */
function speakable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ').replaceAll('[[', '[ [');
}

function failed(message: string, cause: unknown): RecgateError {
  return new RecgateError('outbound.failed', message, { cause });
}
