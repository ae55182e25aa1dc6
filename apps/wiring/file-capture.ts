import { join } from 'node:path';
import { createFileCallMedia, pullAudio, WavFile, type FileCallMedia, type ReceivedAudio } from '#libs/capture';
import { outboundError, OutboundFailureError } from '#libs/delivery';
import { captureFile } from '#libs/orchestration';
import type { CallMediaListener, FileCall, FileCallRequest, FileMediaFactory } from '#libs/recording-model';
import { rm } from 'node:fs/promises';
import type { Runtime } from './runtime.js';
import { MAX_UPLOAD_BYTES, uploadFile } from './stored-audio.js';

const PULL_TIMEOUT_MS = 10 * 60_000;
const PULL_REDIRECTS = 5;

/** The `capture` stage of finished files, for the workers. */
export function createFileCapture(runtime: Runtime): (recordingId: string, lastTry: boolean) => Promise<void> {
  const files = createFileMediaFactory(runtime);
  return async (recordingId, lastTry) => {
    await captureFile(runtime.ports, recordingId, files, lastTry);
  };
}

function createFileMediaFactory(runtime: Runtime): FileMediaFactory {
  const { config, spool } = runtime;
  const directory = join(config.dataDirectory, 'pulled');
  return {
    async open(request) {
      const received = await receive(request, runtime, directory);
      const durationMs = Math.ceil((received.audio.samples * 1000) / received.audio.sampleRate);
      const media = createFileCallMedia({
        callRef: request.callRef,
        caller: received.audio,
        startTime: new Date(request.endedAt.getTime() - durationMs),
        spool,
        listener: NOBODY,
      });
      return fileCall(media, durationMs, received);
    },
    discard: (recordingId) => rm(uploadFile(config.dataDirectory, recordingId), { force: true }),
  };
}

async function receive(request: FileCallRequest, { config, outbound, veils, veil }: Runtime, directory: string): Promise<ReceivedAudio> {
  const { source, recordingId, secrets } = request;
  if (source.kind === 'upload') {
    const audio = WavFile.open(uploadFile(config.dataDirectory, recordingId), (head) => veils.of(head));
    return { audio, release: async () => audio.close() };
  }
  const fetchAudio = (url: string, signal: AbortSignal | undefined) =>
    outbound.client
      .open({
        method: 'GET',
        url,
        userinfo: secrets['source.userinfo'] ?? null,
        redirects: PULL_REDIRECTS,
        limits: { totalMs: PULL_TIMEOUT_MS },
        ...(signal === undefined ? {} : { signal }),
      })
      .catch((thrown: unknown) => {
        throw thrown instanceof OutboundFailureError ? outboundError(thrown.failure) : thrown;
      });
  const hidden = veil();
  return pullAudio(source.url, fetchAudio, { directory, maxBytes: MAX_UPLOAD_BYTES, ...(hidden === undefined ? {} : { veil: hidden }) });
}

function fileCall(media: FileCallMedia, durationMs: number, received: ReceivedAudio): FileCall {
  return {
    media,
    durationMs,
    advanceTo: (mediaTimeMs) => media.advanceTo(mediaTimeMs),
    async close() {
      await media.close();
      await received.release();
    },
  };
}

/** A file has no flow that could listen. */
const NOBODY: CallMediaListener = {
  keyPressed: () => undefined,
  advanced: () => undefined,
  mediaTimedOut: () => undefined,
};

