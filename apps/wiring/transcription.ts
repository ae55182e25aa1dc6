import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TranscriptionConfig } from '#libs/config';
import { GuardedHttpClient, outboundError } from '#libs/delivery';
import type { TranscriptionPorts } from '#libs/orchestration';
import { RecgateError, type SecretVault, type SpeechToText, type Transcript, type TranscriptStore } from '#libs/recording-model';
import {
  createDeepgramEngine,
  createOpenaiEngine,
  createPocketsphinxEngine,
  createVoskEngine,
  POCKETSPHINX_PROGRAM,
  type EngineHttp,
} from '#libs/transcription';
import { findProgram } from './find-program.js';

type EngineName = TranscriptionConfig['engine'];

/** A long recording takes an engine minutes; the transcription's own time limit ends it earlier. */
const LONGEST_HEARING_MS = 3_600_000;
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** The transcription of a process, with what has to be let go of at its end. */
export interface Transcription extends TranscriptionPorts {
  close(): Promise<void>;
}

/** Binds the configured engines and the place where transcripts lie. */
export function createTranscription(
  config: TranscriptionConfig,
  directory: string,
  vault: SecretVault,
  searchPath: string,
): Transcription {
  // The operator's own engine may be on the own network, unlike what documents name.
  const client = new GuardedHttpClient({ allowHttp: true, allowPrivateNetworks: true });
  const engines = enginesOf(config, engineHttp(client), searchPath);
  return {
    engineFor({ settings }) {
      const chosen = settings['transcriptionEngine']?.trim() || config.engine;
      const engine = engines[chosen as EngineName];
      if (engine === undefined) throw new RecgateError('field.invalid', `There is no speech engine "${chosen}"`, { field: 'transcriptionEngine' });
      return engine;
    },
    store: createTranscriptFiles(directory, vault),
    close: () => client.close(),
  };
}

/** Null: the engine cannot be had, because nobody said where it is. */
function enginesOf(config: TranscriptionConfig, http: EngineHttp, searchPath: string): Readonly<Record<EngineName, SpeechToText | null>> {
  const { openaiUrl, openaiModel, openaiKey, deepgramUrl, deepgramModel, deepgramKey, voskUrl } = config;
  return {
    none: null,
    openai: openaiUrl === undefined ? null : createOpenaiEngine({ url: openaiUrl, model: openaiModel, apiKey: openaiKey ?? null }, http),
    deepgram: createDeepgramEngine({ url: deepgramUrl, model: deepgramModel, apiKey: deepgramKey ?? null }, http),
    vosk: voskUrl === undefined ? null : createVoskEngine({ url: voskUrl }),
    pocketsphinx: createPocketsphinxEngine(findProgram(POCKETSPHINX_PROGRAM, searchPath)),
  };
}

function engineHttp(client: GuardedHttpClient): EngineHttp {
  const limits = { answerMs: LONGEST_HEARING_MS, totalMs: LONGEST_HEARING_MS, maxResponseBytes: LARGEST_ANSWER };
  return async ({ url, headers, contentLength, open, signal }) => {
    const result = await client.send({ method: 'POST', url, headers, body: open, contentLength, userinfo: null, limits, signal });
    if (result.kind === 'failure') throw outboundError(result.failure);
    return { status: result.status, body: result.body };
  };
}

/** Transcripts in files, each sealed to its tenant and recording: they hold what the audio holds. */
export function createTranscriptFiles(directory: string, vault: SecretVault): TranscriptStore {
  const fileOf = (recordingId: string) => join(directory, recordingId);
  return {
    async write({ tenantId, recordingId }, transcript) {
      const sealed = vault.seal({ transcript: JSON.stringify(transcript) }, { tenantId, ownerId: recordingId });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(`${fileOf(recordingId)}.part`, sealed, { mode: 0o600, flush: true });
      await rename(`${fileOf(recordingId)}.part`, fileOf(recordingId));
    },
    async read({ tenantId, recordingId }) {
      const sealed = await readFile(fileOf(recordingId), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (sealed === null) return null;
      const bag = vault.open(sealed, { tenantId, ownerId: recordingId });
      return JSON.parse(bag['transcript'] ?? 'null') as Transcript | null;
    },
    remove: (recordingId) => rm(fileOf(recordingId), { force: true }),
  };
}
