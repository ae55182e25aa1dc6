import { RecgateError, toRecgateError, type CallMedia, type RecordingRecord } from '#libs/recording-model';
import { newRecordingRecord, type RecordingRequest } from '../accept-recording.js';
import { catalogueOf } from '../files/recorded-files.js';
import { roomFor } from '../files/room-for.js';
import type { OrchestrationPorts } from '../ports.js';
import { isEngineMissing } from '../transcription/engine-missing.js';
import { accompany } from './background-audio.js';
import type { ControlCommand } from './node-protocol.js';
import { RecordingRun, type CallFacts } from './recording-run.js';

/** A destination that the adapter found wrong in the document: the recording fails before it starts. */
const INVALID_DESTINATION = 'invalid:';

/** Recordings that may run on one call at once: a document that asks for more would take from other calls. */
const MOST_RUNNING = 64;

/** The recordings of one call, in the order of their starts. */
export class CallRecordings {
  private readonly runs: RecordingRun[] = [];
  /** Those that stand apart from the flow's own. */
  private readonly apart = new Set<RecordingRun>();
  /** Starts that wait for room; null: none does. */
  private entering: Promise<void> | null = null;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly facts: () => CallFacts,
    /** Told of what a recording asks for and does not get. */
    private readonly warn: (message: string) => void,
  ) {}

  /** Starts a recording now; `settled` is told once its capture has ended and the ledger knows. */
  start(
    media: CallMedia,
    request: RecordingRequest,
    bridged: boolean,
    settled: (run: RecordingRun, record: RecordingRecord) => void,
  ): RecordingRun | null {
    if (!this.makeRoomFor(request)) return null;
    const isFull = this.running().length >= MOST_RUNNING;
    const run = new RecordingRun(this.ports, newRecordingRecord(this.ports, request), this.facts, settled);
    this.runs.push(run);
    if (request.action.apart !== undefined) this.apart.add(run);
    if (isFull) {
      run.refuse(new RecgateError('node.full', `More than ${MOST_RUNNING} recordings at once on one call`));
      return run;
    }
    if (isEngineMissing(this.ports, request)) this.warn('No speech engine is configured: the recording is not written down');
    if (this.ports.prompts !== undefined) {
      accompany(this.ports.prompts, run, { media, application: request.application, warn: this.warn });
    }
    const { destination } = run.spec;
    if (destination.kind === 'none' && destination.reason.startsWith(INVALID_DESTINATION)) {
      run.refuse(new RecgateError('destination.incomplete', destination.reason.slice(INVALID_DESTINATION.length).trim()));
    } else if (catalogueOf(this.ports, run.record) === null && this.entering === null) {
      run.begin(media, request.callState !== 'ringing', bridged);
    } else {
      this.enter(run, media, request);
    }
    return run;
  }

  /** Begins a recording once there is room for it, behind those that were started before it. */
  private enter(run: RecordingRun, media: CallMedia, { application }: RecordingRequest): void {
    const room = roomFor(this.ports, run.record, application);
    const earlier = this.entering ?? Promise.resolve();
    const entered = Promise.all([room, earlier]).then(([refusal]) => {
      if (refusal !== null) run.refuse(refusal);
      else if (this.facts().callState === 'ended') run.missed(media.mediaTimeMs);
      else run.begin(media, this.facts().callState !== 'ringing', this.facts().callState === 'bridged');
    });
    const settled = entered.catch((thrown: unknown) => run.failed(toRecgateError(thrown))).finally(() => {
      if (this.entering === settled) this.entering = null;
    });
    this.entering = settled;
  }

  /** The vendor's rule for a start while another recording runs; false when the new start changes nothing. */
  private makeRoomFor(request: RecordingRequest): boolean {
    const { spec } = request.action;
    const rule = this.ports.adapters[spec.vendor].onSecondStart;
    if (rule === undefined) return true;
    for (const running of this.running()) {
      const decision = rule(running.spec, spec);
      if (decision === 'ignore') return false;
      if (decision === 'replace') running.stop('stopCommand');
    }
    return true;
  }

  /** Ends the recording that was started last, or all; ending nothing is no error. */
  stop(which: 'latest' | 'all'): void {
    const running = this.running();
    for (const run of which === 'all' ? running : running.slice(-1)) run.stop('stopCommand');
  }

  latest(): RecordingRun | undefined {
    return this.running().at(-1);
  }

  get anyRunning(): boolean {
    return this.runs.some((run) => run.running);
  }

  /** Whether a recording runs for which a call goes on whose flow has come to its end. */
  get holdCall(): boolean {
    return this.running().some((run) => !this.apart.has(run));
  }

  get ids(): readonly string[] {
    return this.runs.map((run) => run.recordingId);
  }

  /** @throws RecgateError `request.not_found` when the call has no such recording */
  control(recordingId: string, action: ControlCommand['action']): void {
    const run = this.runs.find((candidate) => candidate.recordingId === recordingId);
    if (run === undefined) throw new RecgateError('request.not_found', `The call has no recording ${recordingId}`);
    if (action === 'stop') run.stop('stopCommand');
    else run[action]();
  }

  /** Resolves when every start so far is in the ledger. */
  async accepted(): Promise<void> {
    await Promise.all(this.runs.map((run) => run.accepted));
  }

  /** Resolves when every capture has ended and the ledger knows how. */
  async ended(): Promise<void> {
    await Promise.all(this.runs.map((run) => run.over));
  }

  /** Resolves when the ledger knows everything that has happened so far. */
  async drained(): Promise<void> {
    await Promise.all(this.runs.map((run) => run.drained()));
  }

  private running(): RecordingRun[] {
    return this.runs.filter((run) => run.running);
  }
}
