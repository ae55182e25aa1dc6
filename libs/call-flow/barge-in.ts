import type { FlowStep } from '#libs/recording-model';
import { silence, type Frame } from './wait.js';

/** The play that a step belongs to, when a key may interrupt it. */
function interruptible(step: FlowStep | undefined): string | null {
  return step !== undefined && 'bargeIn' in step ? (step.bargeIn ?? null) : null;
}

/** Whether a key would interrupt what the frame plays (Aculab contract §1.8). */
export function canBargeIn({ wait, steps, index }: Frame): boolean {
  return wait?.kind === 'playback' && interruptible(steps[index - 1]) !== null;
}

/** Cuts off the play: what is heard, and the steps of the same play behind it. A collection right after it gets the key. */
export function bargeIn(frame: Frame | undefined, key: string): void {
  if (frame === undefined || !canBargeIn(frame)) return;
  const play = interruptible(frame.steps[frame.index - 1]);
  silence(frame.wait);
  frame.wait = null;
  while (interruptible(frame.steps[frame.index]) === play) frame.index += 1;
  frame.typedAhead = { key, at: frame.index };
}

/** The key that cut off the play right before the step that the frame took last. */
export function typedAhead({ typedAhead: ahead, index }: Frame): string | null {
  return ahead !== null && ahead.at === index - 1 ? ahead.key : null;
}
