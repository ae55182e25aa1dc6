import type { RecordingHandle } from './flow-ports.js';

/** The flow's recordings that run, as a stack: the most recently started is the one that is meant (Kazoo contract §1.4). */
export class RunningRecordings {
  private readonly handles: RecordingHandle[] = [];
  private count = 0;

  start(): RecordingHandle {
    this.handles.push(++this.count);
    return this.count;
  }

  get latest(): RecordingHandle | null {
    return this.handles.at(-1) ?? null;
  }

  /** Takes those that are meant off the stack, latest first. */
  take(which: 'latest' | 'all'): readonly RecordingHandle[] {
    return this.handles.splice(which === 'all' ? 0 : -1).reverse();
  }

  settled(handle: RecordingHandle): void {
    const index = this.handles.indexOf(handle);
    if (index >= 0) this.handles.splice(index, 1);
  }
}
