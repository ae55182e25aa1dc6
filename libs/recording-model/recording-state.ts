/** The life of a recording. Each recording ends in exactly one terminal state with a cause. */
export const RECORDING_STATES = [
  'accepted',
  'armed',
  'capturing',
  'paused',
  'captured',
  'encoding',
  'storing',
  'available',
  'absent',
  'discarded',
  'cancelled',
  'failed',
] as const;

export type RecordingState = (typeof RECORDING_STATES)[number];

export const TERMINAL_STATES = ['available', 'absent', 'discarded', 'cancelled', 'failed'] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

/** The moves that are allowed; everything else is a programming error or a late, fenced-off worker. */
export const NEXT_STATES = {
  accepted: ['armed', 'capturing', 'captured', 'absent', 'cancelled', 'failed'],
  armed: ['capturing', 'captured', 'absent', 'cancelled', 'failed'],
  capturing: ['paused', 'captured', 'absent', 'discarded', 'cancelled', 'failed'],
  paused: ['capturing', 'captured', 'absent', 'discarded', 'cancelled', 'failed'],
  captured: ['encoding', 'discarded', 'failed'],
  encoding: ['encoding', 'storing', 'failed'],
  storing: ['storing', 'available', 'failed'],
  available: [],
  absent: [],
  discarded: [],
  cancelled: [],
  failed: [],
} as const satisfies Record<RecordingState, readonly RecordingState[]>;

/** True for a state that no recording leaves. */
export function isTerminal(state: RecordingState): state is TerminalState {
  return (TERMINAL_STATES as readonly string[]).includes(state);
}

/**
 * True once nothing is left to be done for a recording: it has ended, and it is written down or is not going to be.
 */
export function isAtRest({ state, transcription }: { readonly state: RecordingState; readonly transcription: TranscriptionState }): boolean {
  return isTerminal(state) && transcription !== 'pending';
}

/** Transcription has a small life of its own, so that a dead speech engine never holds back a recording. */
export type TranscriptionState = 'none' | 'pending' | 'done' | 'failed' | 'timeout';
