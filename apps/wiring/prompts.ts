import type { SpeechConfig, RecgateConfig } from '#libs/config';
import { GuardedHttpClient, outboundError, OutboundFailureError } from '#libs/delivery';
import {
  createAudioDecoder,
  createEspeakEngine,
  createHttpEngine,
  createPromptSource,
  type AudioHttp,
  type MediaFile,
  type SpeechEngine,
} from '#libs/prompts';
import { RecgateError, type FileStore, type PromptSource } from '#libs/recording-model';
import type { Logger } from '#libs/telemetry';
import type { StoredAudio } from '../gateway/runtime-token.js';
import { findProgram } from './find-program.js';

/** Redirects of an audio file, as of a document; each hop is checked like the first address. */
const REDIRECTS = 5;
/** A file of 64 MiB takes longer than a document. */
const EXCHANGE_MS = 60_000;
const DECODER = { threads: 2, timeoutMs: 30_000 };

/** The prompts of a process, with what has to be let go of at its end. */
export interface Prompts extends PromptSource {
  close(): Promise<void>;
}

export interface PromptsOptions {
  readonly config: Pick<RecgateConfig, 'speech' | 'publicUrl' | 'outbound'>;
  /** The guarded client for addresses that documents name. */
  readonly client: GuardedHttpClient;
  readonly files: FileStore;
  /** A published file of the own store by its sid. */
  readonly publishedFile: (sid: string) => Promise<StoredAudio | null>;
  readonly log: Pick<Logger, 'warn'>;
  /** Like `PATH`. */
  readonly searchPath: string;
}

/** Binds spoken and played prompts to the configured speech engine, the guarded client and the own store. */
export function createPrompts({ config, client, files, publishedFile, log, searchPath }: PromptsOptions): Prompts {
  const decoder = createAudioDecoder(DECODER);
  // The operator's own server may be on the own network, unlike what documents name.
  const speechClient = new GuardedHttpClient({ allowHttp: true, allowPrivateNetworks: true });
  const engine = speechEngine(config.speech, audioHttp(speechClient, 0, EXCHANGE_MS), searchPath, log);
  const ownLink = (url: URL): Promise<MediaFile | null> => openOwnLink(url, config.publicUrl, publishedFile);
  const http = audioHttp(client, REDIRECTS, config.outbound.timeoutMs);
  const source = createPromptSource({ engine, decoder, sources: { http, files, ownLink } });
  return {
    ...source,
    async close() {
      await Promise.all([decoder.close(), speechClient.close()]);
    },
  };
}

function speechEngine(
  speech: SpeechConfig,
  http: AudioHttp,
  searchPath: string,
  log: PromptsOptions['log'],
): SpeechEngine | null {
  const { engine, url, apiKey, model, voice } = speech;
  switch (engine) {
    case 'none':
      return null;
    case 'http':
      return createHttpEngine({ url: url ?? '', apiKey: apiKey ?? null, model, voice }, http);
    case 'auto':
    case 'espeak': {
      const program = findProgram('espeak-ng', searchPath);
      if (program !== null) return createEspeakEngine(program);
      log.warn(
        { engine },
        'espeak-ng is not installed: prompts are timed by their length and not heard. Install it (apt-get install espeak-ng), or configure speech.engine',
      );
      return null;
    }
  }
}

/** `answerMs`: longest wait for the answer to begin, and between its parts. */
function audioHttp(client: GuardedHttpClient, redirects: number, answerMs: number): AudioHttp {
  const limits = { answerMs, totalMs: EXCHANGE_MS };
  return async ({ method, url, headers, body, userinfo, signal }) => {
    try {
      const request = {
        method,
        url,
        userinfo,
        redirects,
        limits,
        signal,
        ...(headers === undefined ? {} : { headers }),
        ...(body === undefined ? {} : { body }),
      };
      const answer = await client.open(request);
      return {
        status: answer.status,
        contentType: answer.headers['content-type'] ?? null,
        body: failingAsOutbound(answer.body),
      };
    } catch (error) {
      throw error instanceof OutboundFailureError ? outboundError(error.failure) : error;
    }
  };
}

/** A connection that breaks off while its answer is read. */
async function* failingAsOutbound(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new RecgateError('outbound.failed', 'The answer broke off', { cause });
  }
}

/** The gateway does not ask itself over HTTP. */
async function openOwnLink(
  url: URL,
  publicUrl: string | undefined,
  publishedFile: PromptsOptions['publishedFile'],
): Promise<MediaFile | null> {
  const root = publicUrl === undefined ? null : URL.parse(publicUrl.replace(/\/*$/, '/'));
  if (root === null || url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return null;
  const [, name] = /^(?:carrierx\/)?f\/(.*)$/.exec(url.pathname.slice(root.pathname.length)) ?? [];
  if (name === undefined) return null;
  const sid = /^([A-Za-z0-9_-]{1,128})(\.[A-Za-z0-9]{1,8})?$/.exec(name)?.[1];
  const audio = sid === undefined ? null : await publishedFile(sid);
  if (audio === null) throw new RecgateError('request.not_found', 'There is no such file');
  return { contentType: audio.contentType, body: audio.open() };
}
