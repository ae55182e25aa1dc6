import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFileCallMedia, createSpool, WavFile } from '#libs/capture';
import { createInlineEncoder, createThreadedEncoder, type ThreadedEncoder } from '#libs/encoding';
import { createMemoryLedger } from '#libs/ledger';
import {
  CallSession,
  createApplication,
  NameClaims,
  RecordingWaiter,
  viewApplication,
  type OrchestrationPorts,
} from '#libs/orchestration';
import type {
  ApplicationView,
  CallIdentity,
  ParsedDocument,
  RecordingEvent,
  RecordingRecord,
  SourcePosition,
  TranscriptStore,
} from '#libs/recording-model';
import { createDocumentSigner, createSecretVault } from '#libs/secrets';
import { createMetrics } from '#libs/telemetry';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { bytesContent } from '../../wiring/bytes-content.js';
import { Activity } from './activity.js';
import { CallClock } from './call-clock.js';
import { observeLedger } from './observed-ledger.js';
import { identityOf, type LaterDocument } from './option-values.js';
import { OutputLines } from './output-lines.js';
import { JobList, Pipeline } from './pipeline.js';
import { resultLine } from './result-line.js';
import { seededIds } from './seeded-ids.js';
import type { SimulateOptions } from './simulate-options.js';
import { FlowRequestTrace, SimulatedApplication } from './simulated-application.js';
import { SimulatedCall } from './simulated-call.js';
import { SimulatedMedia } from './simulated-media.js';
import { SimulatedStores } from './simulated-stores.js';
import { defaultIdentity } from './vendor-defaults.js';
import type { WayOut } from './way-out.js';

const TENANT = 'simulation';
const APPLICATION = 'simulation';
const CALL_REF = 'call_simulation';
/** From here on the start of an encoder thread pays for itself, ms of audio. */
const LONG_AUDIO_MS = 900_000;

export interface SimulationHooks {
  /** Sends for real; null: nothing leaves the machine. */
  readonly wayOut: WayOut | null;
  readonly progress: (mediaTimeMs: number) => void;
}

/**
 * Runs one document and returns the output.
 * @throws RecgateError when the document, a setting or the audio is wrong; UsageError when nothing ends the call
 */
export async function simulate(options: SimulateOptions, hooks: SimulationHooks): Promise<string> {
  mkdirSync(options.outDirectory, { recursive: true });
  const workDirectory = mkdtempSync(join(options.outDirectory, '.simulate-'));
  const leave = (): void => rmSync(workDirectory, { recursive: true, force: true });
  const interrupted = (): never => (leave(), process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await new Simulation(options, hooks, workDirectory).run();
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    leave();
  }
}

const NO_TRANSCRIPTS: TranscriptStore = {
  write: () => Promise.resolve(),
  read: () => Promise.resolve(null),
  remove: () => Promise.resolve(),
};

/** The parts of one run, wired together. */
class Simulation {
  private readonly lines = new OutputLines();
  private readonly activity = new Activity();
  private readonly clock: CallClock;
  private readonly trace = new FlowRequestTrace();
  private readonly jobs = new JobList();

  constructor(
    private readonly options: SimulateOptions,
    private readonly hooks: SimulationHooks,
    private readonly workDirectory: string,
  ) {
    this.clock = new CallClock(options.startTime);
  }

  async run(): Promise<string> {
    const { vendor, settings, call } = this.options;
    const ids = seededIds(this.options.seed);
    const identity = identityOf(call, defaultIdentity(vendor, ids));
    const audio = openAudio(this.options);
    const encoder = createEncoder(Math.max(audio.durationMs, this.options.hangupAtMs ?? 0));
    try {
      const application = this.application();
      const { ports, stores } = await this.ports(ids, application, encoder);
      const created = await createApplication(
        ports,
        { tenantId: TENANT, name: 'simulation', vendor, settings },
        APPLICATION,
      );
      await this.call(ports, application, viewApplication(ports, created), identity, audio);
      for (const recordingId of this.lines.recordingIds) {
        const record = await ports.ledger.recordings.get(recordingId);
        if (record !== null)
          this.lines.addResult(resultLine(this.lines.numberOf(recordingId), record, stores.fileOf(recordingId)));
      }
      return this.lines.text();
    } finally {
      await encoder.close();
      for (const file of audio.files) file.close();
    }
  }

  private application(): SimulatedApplication {
    const { lines, clock, activity, trace } = this;
    return new SimulatedApplication({
      lines,
      clock,
      activity,
      trace,
      answers: this.options.answers,
      outbound: this.hooks.wayOut,
    });
  }

  private async ports(
    ids: OrchestrationPorts['ids'],
    application: SimulatedApplication,
    encoder: ThreadedEncoder,
  ): Promise<{ ports: OrchestrationPorts; stores: SimulatedStores }> {
    const { vendor, outDirectory } = this.options;
    const { lines, clock } = this;
    const observer = {
      accepted: (record: RecordingRecord) => this.accepted(record),
      happened: (event: RecordingEvent) => this.happened(event),
    };
    const ledger = await observeLedger(createMemoryLedger(), TENANT, observer, this.activity);
    const stores = new SimulatedStores({
      lines,
      clock,
      outDirectory,
      recordings: ledger.recordings,
      real: this.hooks.wayOut?.stores ?? null,
    });
    const vaultKeys = { keyId: 'simulation', masterKey: randomBytes(32) };
    const ports: OrchestrationPorts = {
      ledger,
      work: this.jobs,
      vault: createSecretVault(vaultKeys),
      clock,
      ids,
      adapters: { ...VENDOR_ADAPTERS, [vendor]: this.trace.of(VENDOR_ADAPTERS[vendor]) },
      spools: createSpool({ directory: join(this.workDirectory, 'spool'), durable: false }),
      encoder,
      stores: stores.stores,
      sender: application.senderFor(ledger.deliveries),
      // No engine hears a simulation: applications are told what a failed transcription is told.
      transcription: { engineFor: () => null, store: NO_TRANSCRIPTS },
      signer: createDocumentSigner(vaultKeys),
      contentOf: bytesContent,
      names: new NameClaims(clock),
      settings: {
        storeManifests: false,
        renditionDirectory: join(this.workDirectory, 'renditions'),
      peaksDirectory: join(this.workDirectory, 'peaks'),
        keepRenditions: false,
        stuckAfterMs: Infinity,
        retentionSeconds: null,
        transcriptionTimeoutMs: 60_000,
        attemptTimeoutMs: 15_000,
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      metrics: createMetrics(),
    };
    return { ports, stores };
  }

  private async call(
    ports: OrchestrationPorts,
    client: SimulatedApplication,
    application: ApplicationView,
    identity: CallIdentity,
    audio: CallAudio,
  ): Promise<void> {
    const { options, activity, clock } = this;
    const { vendor, document, documentUrl, role } = options;
    const context = {
      callRef: CALL_REF,
      tenantId: TENANT,
      nodeId: null,
      vendor,
      application,
      identity,
      client: client.flow,
      onDocument: (parsed: ParsedDocument, url: string | null) => this.read(parsed, url),
      onWarning: (message: string, position: SourcePosition | null) => this.warn(message, position),
    };
    const session = new CallSession(ports, context, new RecordingWaiter(ports.ledger), { changed: () => undefined });
    const media = this.media(session, audio);
    session.attach(media);
    const pipeline = new Pipeline(ports, this.jobs);
    const parts = {
      session,
      media,
      pipeline,
      activity,
      instruct: ({ body, role: liveRole }: LaterDocument) => {
        session.instruct({ body, role: liveRole, url: documentUrl });
        activity.stir();
      },
      warn: (message: string) => this.warn(message, null),
      progress: this.hooks.progress,
    };
    const plan = { ...options, audioMs: audio.durationMs };
    clock.follow(media);
    await new SimulatedCall(parts, plan).run(() => session.instruct({ body: document, role, url: documentUrl }));
    await session.waiter.close();
  }

  private media(session: CallSession, { caller, callee }: CallAudio): SimulatedMedia {
    const { activity, options, workDirectory } = this;
    const media = createFileCallMedia({
      callRef: CALL_REF,
      caller,
      callee,
      startTime: options.startTime,
      spool: createSpool({ directory: join(workDirectory, 'spool'), durable: false }),
      listener: {
        keyPressed: (key, party, atMs) => {
          session.keyPressed(key, party, atMs);
          activity.stir();
        },
        advanced: (atMs) => session.advanced(atMs),
        mediaTimedOut: () => undefined,
      },
      listensForKeys: () => session.listensForKeys,
    });
    return new SimulatedMedia(media, activity);
  }

  private read({ accounting }: ParsedDocument, url: string | null): void {
    this.lines.add(this.clock.mediaTimeMs, { type: 'accounting', documentUrl: url, fields: accounting });
  }

  private warn(message: string, position: SourcePosition | null): void {
    this.lines.add(this.clock.mediaTimeMs, { type: 'warning', message, ...position });
  }

  private accepted({ id, spec }: RecordingRecord): void {
    this.lines.addOf(id, this.clock.mediaTimeMs, { type: 'spec', recordingId: id, spec });
  }

  private happened({ recordingId, sequence, name, mediaTimeMs, id, ...facts }: RecordingEvent): void {
    this.lines.addEvent(recordingId, sequence, mediaTimeMs, { type: 'event', event: name, id, sequence, ...facts });
  }
}

/** Both make the same bytes. */
function createEncoder(longestMs: number): ThreadedEncoder {
  if (longestMs >= LONG_AUDIO_MS) return createThreadedEncoder({ threads: 1 });
  return { ...createInlineEncoder(), close: () => Promise.resolve() };
}

interface CallAudio {
  readonly caller?: WavFile;
  readonly callee?: WavFile;
  readonly files: readonly WavFile[];
  /** Of the longest file. */
  readonly durationMs: number;
}

function openAudio({ callerAudio, calleeAudio }: SimulateOptions): CallAudio {
  const caller = callerAudio === null ? undefined : WavFile.open(callerAudio);
  const callee = calleeAudio === null ? undefined : WavFile.open(calleeAudio);
  const files = [caller, callee].filter((file) => file !== undefined);
  const durationMs = Math.max(0, ...files.map((file) => Math.ceil((file.samples * 1000) / file.sampleRate)));
  return {
    ...(caller === undefined ? {} : { caller }),
    ...(callee === undefined ? {} : { callee }),
    files,
    durationMs,
  };
}
