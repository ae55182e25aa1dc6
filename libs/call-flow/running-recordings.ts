import type { RecordingHandle } from './flow-ports.js';

interface Running {
  readonly handle: RecordingHandle;
  /** The name under which it stands apart; undefined: the flow's own. */
  readonly apart: string | undefined;
}

/** The flow's recordings that run, as a stack: the most recently started is the one that is meant (Kazoo contract §1.4). */
export class RunningRecordings {
  private recordings: readonly Running[] = [];
  private count = 0;

  start(apart?: string): RecordingHandle {
    const handle = ++this.count;
    this.recordings = [...this.recordings, { handle, apart }];
    return handle;
  }

  /** The latest of the flow's own. */
  get latest(): RecordingHandle | null {
    return this.recordings.findLast((each) => each.apart === undefined)?.handle ?? null;
  }

  /** Takes those that are meant off the stack, latest first. */
  take(which: 'latest' | 'all', apart?: string): readonly RecordingHandle[] {
    const meant = this.recordings.filter((each) => each.apart === apart).slice(which === 'all' ? 0 : -1);
    this.recordings = this.recordings.filter((each) => !meant.includes(each));
    return meant.map(({ handle }) => handle).reverse();
  }

  settled(handle: RecordingHandle): void {
    this.recordings = this.recordings.filter((each) => each.handle !== handle);
  }
}
