import { RecgateError } from '#libs/recording-model';
import { receiveAudio, type ReceiveAudioOptions, type ReceivedAudio } from '../upload/receive-audio.js';

/** The answer to a request for audio. */
export interface AudioResponse {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Fetches a URL; the guarded client of the gateway, which refuses addresses it may not talk to. */
export type FetchAudio = (url: string, signal: AbortSignal | undefined) => Promise<AudioResponse>;

/**
 * Pulls a finished WAV file.
 * @throws RecgateError what `fetch` throws (`outbound.*`); `outbound.failed` for an answer other than 2xx; and as `receiveAudio`.
 */
export async function pullAudio(url: string, fetch: FetchAudio, options: ReceiveAudioOptions): Promise<ReceivedAudio> {
  const { status, body } = await fetch(url, options.signal);
  if (status < 200 || status > 299) throw new RecgateError('outbound.failed', `The audio address answered with status ${status}`);
  if (body === null) throw new RecgateError('media.none', 'The audio address answered without a body');
  return receiveAudio(body, options);
}
