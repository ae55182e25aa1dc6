import type { RecordingHandle } from './flow-ports.js';
import { silence, type Frame } from './wait.js';

/** Ends what the frame waits for, where that is something of the flow's own: what is played, collected, paused for or recorded. */
export function breakOff(frame: Frame | undefined, stop: (recording: RecordingHandle) => void): void {
  const wait = frame?.wait ?? null;
  if (frame === undefined || wait === null) return;
  if (wait.kind === 'record' && wait.outcome === null) stop(wait.handle);
  if (wait.kind === 'playback' || wait.kind === 'collect' || (wait.kind === 'timer' && !wait.parked)) {
    silence(wait);
    frame.wait = null;
  }
}
