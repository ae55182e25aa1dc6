import { DelayedError, type Job } from 'bullmq';
import { transcribeRecording, viewApplication, type OrchestrationPorts } from '#libs/orchestration';
import { parseJob, StageJob } from '#libs/queues';
import { isLastTry } from './last-try.js';

/** Jobs that a process looks at at once: enough that those of a dead engine leave room for the others. */
export const TRANSCRIBE_JOBS = 64;
/** A job whose engine is busy is looked at again after this time, ms. */
const BUSY_PAUSE_MS = 1000;

/** Writes recordings down, so many at once with each engine: one that hangs keeps nobody waiting for another. */
export class TranscribeJobs {
  private readonly running = new Map<string, number>();

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly atOncePerEngine: number,
  ) {}

  /** @throws DelayedError when the engine is busy; the job then waits without having been tried */
  async work(job: Job<unknown>, token: string | undefined): Promise<void> {
    const { recordingId } = parseJob(StageJob, job.data);
    const engine = await this.engineOf(recordingId);
    const running = this.running.get(engine) ?? 0;
    if (running >= this.atOncePerEngine) {
      await job.moveToDelayed(Date.now() + BUSY_PAUSE_MS, token);
      throw new DelayedError();
    }
    this.running.set(engine, running + 1);
    try {
      await transcribeRecording(this.ports, recordingId, isLastTry(job));
    } finally {
      this.running.set(engine, (this.running.get(engine) ?? 1) - 1);
    }
  }

  /** Whatever cannot be found out is found out again, and told, by the transcription itself. */
  private async engineOf(recordingId: string): Promise<string> {
    const { ledger, transcription } = this.ports;
    const record = await ledger.recordings.get(recordingId);
    const application = record === null ? null : await ledger.applications.get(record.applicationId);
    if (application === null) return '';
    try {
      return transcription?.engineFor(viewApplication(this.ports, application))?.name ?? '';
    } catch {
      return '';
    }
  }
}
