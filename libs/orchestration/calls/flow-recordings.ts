import type { CallFlowRunner, RecordingHandle, RecordingOutcome } from '#libs/call-flow';
import { isTerminal, type RecordingRecord } from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import type { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';

/** What a flow's recordings need of their call. */
export interface RecordedCall {
  readonly pending: PendingWork;
  readonly waiter: RecordingWaiter;
  record(request: RecordingRequest, settled: (run: RecordingRun, record: RecordingRecord) => void): RecordingRun | null;
  warn(message: string): void;
}

/** The recordings of one runner, by its handles: the runner hears how each comes to its end. */
export class FlowRecordings {
  private readonly runs = new Map<RecordingHandle, RecordingRun>();
  /** Conference recordings that wait for the call to join. */
  private readonly held = new Map<RecordingHandle, () => void>();

  constructor(
    private readonly call: RecordedCall,
    private readonly runner: CallFlowRunner,
    /** Told of each recording whose capture has settled. */
    private readonly onSettled: (record: RecordingRecord) => void,
  ) {}

  start(handle: RecordingHandle, request: RecordingRequest): void {
    const run = this.call.record(request, (settled, record) => this.settled(handle, settled, record));
    if (run !== null) return void this.runs.set(handle, run);
    this.call.warn('The recording runs already; this start changes nothing');
    this.runner.recordingSettled(handle, { state: 'absent', recording: null });
  }

  /** Keeps a start until it is released. */
  hold(handle: RecordingHandle, request: () => RecordingRequest): void {
    this.held.set(handle, () => this.start(handle, request()));
  }

  /** Begins what was held. */
  release(): void {
    const waiting = [...this.held.values()];
    this.held.clear();
    for (const begin of waiting) begin();
  }

  /** The runs that are meant, in the order of the handles; what was held will not begin. */
  take(handles: readonly RecordingHandle[]): readonly RecordingRun[] {
    for (const handle of handles) this.held.delete(handle);
    return handles.flatMap((handle) => this.runs.get(handle) ?? []);
  }

  run(handle: RecordingHandle): RecordingRun | undefined {
    return this.runs.get(handle);
  }

  /** The capture has settled: the flow hears of it, and once more when the recording has come to its end. */
  private settled(handle: RecordingHandle, run: RecordingRun, record: RecordingRecord): void {
    this.onSettled(record);
    this.runner.recordingSettled(handle, outcomeOf(record));
    if (isTerminal(record.state) || run.spec.continuation?.requires !== 'available') return;
    this.call.pending.track(
      this.call.waiter
        .untilTerminalOrStuck(record.tenantId, record.id)
        .then((final) => this.runner.recordingSettled(handle, isTerminal(final.state) ? outcomeOf(final) : this.stuck(final))),
    );
  }

  /** Nobody listens to silence for as long as a store may be away: the flow goes on, the recording is stored later. */
  private stuck(recording: RecordingRecord): RecordingOutcome {
    this.call.warn('The recording cannot be stored at the moment: the flow goes on as after a failed one, and its callbacks follow when it is stored');
    return { state: 'failed', recording };
  }
}

/** How far a recording has come, as a flow takes it. */
export function outcomeOf(record: RecordingRecord): RecordingOutcome {
  const { state } = record;
  switch (state) {
    case 'available':
    case 'absent':
    case 'discarded':
    case 'failed':
      return { state, recording: record };
    case 'cancelled':
      return { state: 'discarded', recording: record };
    default:
      return { state: 'captured', recording: record };
  }
}
