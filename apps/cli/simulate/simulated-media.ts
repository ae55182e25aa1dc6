import type { FileCallMedia } from '#libs/capture';
import type {
  CallMedia,
  CaptureJob,
  CaptureListener,
  Party,
  Playback,
  PlaybackControl,
  RecordingControl,
  RecordingSpec,
} from '#libs/recording-model';
import type { Activity } from './activity.js';

/** A recording that is being captured. */
export interface RunningCapture {
  readonly spec: RecordingSpec;
  readonly startedMs: number;
}

interface Ending {
  readonly order: number;
  readonly tell: () => void;
}

/**
 * The media of a simulated call. Recordings that end at the same moment are told in the order of their starts, whichever
 * of their files the disk was done with first: the same input has to give the same output.
 */
export class SimulatedMedia implements CallMedia {
  readonly callRef: string;
  private readonly captures = new Map<number, RunningCapture>();
  private endings: Ending[] = [];
  private starts = 0;

  constructor(
    private readonly media: FileCallMedia,
    private readonly activity: Activity,
  ) {
    this.callRef = media.callRef;
  }

  get mediaTimeMs(): number {
    return this.media.mediaTimeMs;
  }

  get running(): readonly RunningCapture[] {
    return [...this.captures.values()];
  }

  /** Advances media time, ms; ends early with the frame in which something happened. */
  advanceTo(mediaTimeMs: number): Promise<void> {
    return this.media.advanceTo(mediaTimeMs, () => this.activity.stirred);
  }

  /** Waits for the disk, then tells of the recordings that have ended. */
  async tellEndings(): Promise<void> {
    await this.media.settled();
    const endings = this.endings.sort((a, b) => a.order - b.order);
    this.endings = [];
    for (const { tell } of endings) tell();
  }

  startRecording(job: CaptureJob, listener: CaptureListener): RecordingControl {
    const order = this.starts++;
    this.captures.set(order, { spec: job.spec, startedMs: this.mediaTimeMs });
    return this.media.startRecording(job, this.inOrder(order, listener));
  }

  play(playback: Playback, ended: () => void): PlaybackControl {
    return this.media.play(playback, ended);
  }

  relay(): void {
    this.media.relay();
  }

  mute(): void {
    this.media.mute();
  }

  answered(): void {
    this.media.answered();
  }

  bridged(): void {
    this.media.bridged();
  }

  transferred(party: Party): void {
    this.media.transferred(party);
  }

  key(key: string, party: Party): void {
    this.media.key(key, party);
  }

  hangup(by: Party | null): void {
    this.media.hangup(by);
    this.activity.stir();
  }

  close(): Promise<void> {
    this.activity.stir();
    return this.media.close();
  }

  private inOrder(order: number, listener: CaptureListener): CaptureListener {
    const ended = (tell: () => void): void => {
      this.captures.delete(order);
      this.endings.push({ order, tell });
      this.activity.stir();
    };
    return {
      capturing: (startedAt, atMs) => this.now(() => listener.capturing(startedAt, atMs)),
      paused: (atMs) => this.now(() => listener.paused(atMs)),
      resumed: (atMs) => this.now(() => listener.resumed(atMs)),
      finished: (result) => ended(() => listener.finished(result)),
      absent: (reason, atMs, key, media) => ended(() => listener.absent(reason, atMs, key, media)),
      failed: (error, atMs) => ended(() => listener.failed(error, atMs)),
    };
  }

  private now(tell: () => void): void {
    tell();
    this.activity.stir();
  }
}
