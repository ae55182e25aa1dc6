import 'reflect-metadata';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileCallMedia, WavFile, type FileCallMedia } from '#libs/capture';
import { RecgateConfig } from '#libs/config';
import { createApplication, newRecordingRecord, RecordingRun, viewApplication } from '#libs/orchestration';
import { PLAIN_RECORDING, type ApplicationView, type CallMediaListener, type RecordingFormat, type RecordingRecord, type RecordingSpec } from '#libs/recording-model';
import { createLogger } from '#libs/telemetry';
import { startPrivateRedis } from '../../apps/wiring/private-redis.js';
import { createRuntime, type Runtime } from '../../apps/wiring/runtime.js';
import { startWorker } from '../../apps/worker/worker-role.js';
import { startCallbackReceiver, type CallbackReceiver } from './callback-receiver.js';

/** A private Redis (AOF always), all workers, the own media store and a customer's callback receiver, in this process. */
export interface Workbench {
  readonly runtime: Runtime;
  readonly receiver: CallbackReceiver;
  readonly directory: string;
  /** Begins a recording on a call whose audio lies in a WAV file; media time stands at 0. */
  begin(spec: RecordingSpec, wavFile: string): Promise<BegunRecording>;
  close(): Promise<void>;
}

export interface BegunRecording {
  readonly callId: string;
  readonly media: FileCallMedia;
  readonly run: RecordingRun;
  /** `performance.now()` when `recording_available` was received. */
  readonly told: Promise<number>;
  /** As the ledger has it. */
  record(): Promise<RecordingRecord>;
  /** Lets go of the audio; the recording must have ended. */
  release(): Promise<void>;
}

const TENANT = 'bench';
const NOBODY: CallMediaListener = { keyPressed: () => undefined, advanced: () => undefined, mediaTimedOut: () => undefined };

export const WAV: RecordingFormat = { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' };
export const MP3: RecordingFormat = { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' };

/** A recording of both parties into the own store that tells its end and its availability. */
export function benchSpec(format: RecordingFormat, channels: 1 | 2, overrides: Partial<RecordingSpec> = {}): RecordingSpec {
  return {
    ...PLAIN_RECORDING,
    vendor: 'sinch',
    channels,
    format,
    subscriptions: [
      {
        name: 'notify',
        events: ['recording.finished', 'recording.available'],
        url: null,
        method: 'POST',
        userinfo: null,
        fallbackUrl: null,
        policy: 'durable',
      },
    ],
    ...overrides,
  };
}

/** Starts everything in a temporary directory. */
export async function openWorkbench(change: (config: RecgateConfig) => void = () => undefined): Promise<Workbench> {
  const directory = await mkdtemp(join(tmpdir(), 'recgate-bench-'));
  const config = new RecgateConfig();
  config.dataDirectory = join(directory, 'data');
  config.outbound.allowHttp = true;
  config.outbound.allowPrivateNetworks = true;
  change(config);
  const redis = await startPrivateRedis(config.dataDirectory);
  // The Redis is a process of its own and would stay behind.
  const abandon = () => {
    void redis.stop().finally(() => {
      rmSync(directory, { recursive: true, force: true });
      process.exit(1);
    });
  };
  process.once('SIGINT', abandon).once('SIGTERM', abandon);
  const receiver = await startCallbackReceiver();
  const runtime = await createRuntime(config, redis.url, createLogger('warn'));
  const worker = await startWorker(runtime, config.worker.stages, null);
  const settings = { applicationKey: 'bench', applicationSecret: 'c2VjcmV0', callbackUrl: receiver.url };
  const created = await createApplication(runtime.ports, { tenantId: TENANT, name: 'bench', vendor: 'sinch', settings });
  const application = viewApplication(runtime.ports, created);
  let calls = 0;
  const close = async () => {
    await worker.stop();
    await runtime.close();
    await receiver.close();
    await redis.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return {
    runtime,
    receiver,
    directory,
    begin: (spec, wavFile) => begin(runtime, receiver, application, spec, wavFile, `call-${++calls}`),
    close,
  };
}

async function begin(
  runtime: Runtime,
  receiver: CallbackReceiver,
  application: ApplicationView,
  spec: RecordingSpec,
  wavFile: string,
  callId: string,
): Promise<BegunRecording> {
  const { ports, spool } = runtime;
  const call = { callId, from: '+15550001', to: '+15550002', direction: 'inbound', vendor: {} } as const;
  const action = { spec, secrets: {} };
  const nothing = { documentUrl: null, accounting: [], idempotencyKey: null, nodeId: null };
  const fresh = newRecordingRecord(ports, { ...nothing, application, call, callRef: callId, callState: 'answered', callDurationMs: 0, action });
  const came = receiver.came(callId, 'recording_available');
  const run = new RecordingRun(ports, fresh, () => ({ callState: 'answered', callDurationMs: 0 }), () => undefined);
  await run.accepted;
  const audio = WavFile.open(wavFile);
  const media = createFileCallMedia({ callRef: callId, caller: audio, startTime: new Date(), spool, listener: NOBODY });
  run.begin(media, true, true);
  const record = async () => {
    const found = await ports.ledger.recordings.get(fresh.id);
    if (found === null) throw new Error(`${fresh.id} is not in the ledger`);
    return found;
  };
  const lost = run.over.then(async () => {
    const { state, failure } = await record();
    if (state === 'absent' || state === 'discarded' || state === 'failed') throw new Error(`The recording is ${state}: ${failure?.message ?? 'no audio'}`);
    return came;
  });
  return {
    callId,
    media,
    run,
    told: Promise.race([came, lost]),
    record,
    async release() {
      await media.close();
      audio.close();
    },
  };
}
