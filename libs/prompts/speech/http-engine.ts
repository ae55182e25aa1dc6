import { RecgateError } from '#libs/recording-model';
import type { AudioHttp } from '../audio-http.js';
import { MAX_AUDIO_BYTES, readBounded } from '../read-bounded.js';
import { Turns } from '../turns.js';
import type { SpeechEngine } from './speech-engine.js';

export interface HttpEngineOptions {
  /** Absolute; the address that takes the POST. */
  readonly url: string;
  /** Sent as bearer token; null: none. */
  readonly apiKey: string | null;
  readonly model: string;
  /** In the server's own words; the words of the documents mean nothing to it. */
  readonly voice: string;
}

/** Requests at once. */
const AT_ONCE = 8;

/** Speaks through a server that takes `POST /v1/audio/speech` as OpenAI's does. Any audio that can be decoded may come back. */
export function createHttpEngine(options: HttpEngineOptions, http: AudioHttp): SpeechEngine {
  const { url, apiKey, model, voice } = options;
  const turns = new Turns(AT_ONCE);
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  return {
    name: 'http',
    synthesize: ({ text }, signal) =>
      turns.take(signal, async () => {
        const body = JSON.stringify({ model, voice, input: text, response_format: 'wav' });
        const answer = await http({ method: 'POST', url, headers, body, userinfo: null, signal });
        if (answer.status < 200 || answer.status > 299) {
          await discard(answer.body);
          // Not what it answered: servers repeat the key there.
          throw new RecgateError('outbound.failed', `The speech server answered with status ${answer.status}`);
        }
        return { pieces: await readBounded(answer.body, MAX_AUDIO_BYTES, signal), contentType: answer.contentType };
      }),
  };
}

/** Breaks an answer off that nobody reads. */
async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  await body[Symbol.asyncIterator]().return?.();
}
