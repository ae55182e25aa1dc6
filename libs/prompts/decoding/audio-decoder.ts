import { RecgateError, type PromptAudio } from '#libs/recording-model';
import { Turns } from '../turns.js';
import { DecoderThread, type DecodeJob } from './decoder-thread.js';

export type { AudioHint } from './audio-format.js';
/** A file in pieces, as they came. */
export type AudioBytes = DecodeJob['pieces'];

/** Decodes audio files away from the thread on which live audio runs. */
export interface AudioDecoder {
  /**
   * @throws RecgateError `media.format` when it cannot be played (also: too long, wrong key, or a decoder that never
   *   ends), `media.none` when there is no audio in it
   */
  decode(job: DecodeJob, signal: AbortSignal): Promise<PromptAudio>;
  /** Ends the threads; what is being decoded is rejected. */
  close(): Promise<void>;
}

export interface AudioDecoderOptions {
  /** Files at once; further ones wait in order. */
  readonly threads: number;
  /** Longest time for one file, ms. */
  readonly timeoutMs: number;
}

/** Threads are started when first needed and then kept. */
export function createAudioDecoder({ threads, timeoutMs }: AudioDecoderOptions): AudioDecoder {
  const turns = new Turns(threads);
  const all = new Set<DecoderThread>();
  const idle: DecoderThread[] = [];
  let closed = false;

  const takeThread = (): DecoderThread => {
    const kept = idle.pop();
    if (kept !== undefined && !kept.dead) return kept;
    if (kept !== undefined) all.delete(kept);
    const started = new DecoderThread();
    all.add(started);
    return started;
  };

  const decodeNow = async (job: DecodeJob, signal: AbortSignal): Promise<PromptAudio> => {
    if (closed) throw new RecgateError('gateway.unavailable', 'The audio decoder is shut down');
    const thread = takeThread();
    const timeout = new AbortController();
    const tooSlow = new RecgateError('media.format', `The audio could not be decoded within ${timeoutMs} ms`);
    const timer = setTimeout(() => timeout.abort(tooSlow), timeoutMs);
    try {
      return await thread.decode(job, AbortSignal.any([signal, timeout.signal]));
    } finally {
      clearTimeout(timer);
      if (thread.dead) all.delete(thread);
      else idle.push(thread);
    }
  };

  return {
    decode: (job, signal) => turns.take(signal, () => decodeNow(job, signal)),
    async close() {
      closed = true;
      await Promise.all([...all].map((thread) => thread.close()));
      all.clear();
    },
  };
}
