import {
  RecgateError,
  type MediaRequest,
  type PromptAudio,
  type PromptSource,
  type SpeechRequest,
} from '#libs/recording-model';
import type { AudioDecoder } from './decoding/audio-decoder.js';
import { openMediaFile, type MediaFileSources } from './files/media-files.js';
import { MAX_AUDIO_BYTES, readBounded } from './read-bounded.js';
import { SpeechCache } from './speech/speech-cache.js';
import type { SpeechEngine } from './speech/speech-engine.js';
import { Turns } from './turns.js';

export interface PromptSourceOptions {
  /** Null: nothing is spoken. */
  readonly engine: SpeechEngine | null;
  readonly decoder: AudioDecoder;
  readonly sources: MediaFileSources;
}

/** Longest text that is spoken at once, characters: about ten minutes. */
const MAX_TEXT = 8192;
/** Files read at once; each may hold `MAX_AUDIO_BYTES` in memory. */
const FETCHES_AT_ONCE = 16;
/** Longest time to get and decode a file, ms. */
const FETCH_TIMEOUT_MS = 60_000;
const CACHE_LIMITS = { entries: 64, bytes: 32 * 1024 * 1024 };

/** The `PromptSource` port: spoken text and audio files as mono PCM 16 at 8 or 16 kHz. */
export function createPromptSource({ engine, decoder, sources }: PromptSourceOptions): PromptSource {
  const cache = new SpeechCache(CACHE_LIMITS);
  const turns = new Turns(FETCHES_AT_ONCE);
  return {
    speaks: engine !== null,
    speak: (request, signal) => speak(request, signal, { engine, decoder, cache }),
    fetch: (request, signal) => fetchBounded(request, signal, { decoder, sources, turns }),
  };
}

async function speak(
  request: SpeechRequest,
  signal: AbortSignal,
  { engine, decoder, cache }: { engine: SpeechEngine | null; decoder: AudioDecoder; cache: SpeechCache },
): Promise<PromptAudio> {
  signal.throwIfAborted();
  if (engine === null) throw new RecgateError('outbound.failed', 'There is no speech engine');
  if (request.text.length > MAX_TEXT)
    throw new RecgateError('outbound.failed', `The text is longer than ${MAX_TEXT} characters`);
  const known = cache.get(request);
  if (known !== null) return known;
  const { pieces, contentType } = await engine
    .synthesize(request, signal)
    .catch((error: unknown) => noSpeech(error, engine));
  const audio = await decoder
    .decode({ pieces, hint: { contentType, name: null }, decryption: null }, signal)
    .catch((error: unknown) => noSpeech(error, engine));
  cache.put(request, audio);
  return audio;
}

/** Audio that is none is the engine's failure, not that of a file somebody named. */
function noSpeech(error: unknown, { name }: SpeechEngine): never {
  const unusable = error instanceof RecgateError && error.code.startsWith('media.');
  throw unusable
    ? new RecgateError('outbound.failed', `${name} gave no usable audio: ${error.message}`, { cause: error })
    : error;
}

async function fetchBounded(
  request: MediaRequest,
  signal: AbortSignal,
  { decoder, sources, turns }: { decoder: AudioDecoder; sources: MediaFileSources; turns: Turns },
): Promise<PromptAudio> {
  return turns.take(signal, async () => {
    const timeout = new AbortController();
    const tooSlow = new RecgateError('outbound.failed', `The audio did not come within ${FETCH_TIMEOUT_MS} ms`);
    const timer = setTimeout(() => timeout.abort(tooSlow), FETCH_TIMEOUT_MS);
    const either = AbortSignal.any([signal, timeout.signal]);
    try {
      const { body, contentType } = await openMediaFile(request, sources, either);
      const pieces = await readBounded(body, MAX_AUDIO_BYTES, either);
      const hint = { contentType, name: URL.parse(request.url)?.pathname ?? null };
      return await decoder.decode({ pieces, hint, decryption: request.decryption }, either);
    } catch (error) {
      throw either.aborted ? either.reason : error;
    } finally {
      clearTimeout(timer);
    }
  });
}
