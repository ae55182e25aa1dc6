import { VoiceActivityDetector } from '#libs/media';
import type { Party } from '#libs/recording-model';

/** The legs' voice activity detectors, in step: one a recorded leg, since each line has its own noise. */
export class SoundWatch {
  /** One detector for each recorded party, in that order. */
  readonly detectors: readonly VoiceActivityDetector[];
  /** The sample after the last sound on any leg; -1 when there was none. */
  lastSoundEnd = -1;
  private resting = false;

  constructor(
    private readonly parties: readonly Party[],
    sampleRate: number,
    level: 'auto' | number,
  ) {
    this.detectors = parties.map(() => new VoiceActivityDetector({ sampleRate, level }));
  }

  /** Samples to the end of the frame under way; the detectors decide there and nowhere else. No end while resting. */
  get untilFrameEnd(): number {
    return this.resting ? Infinity : (this.detectors[0]?.untilFrameEnd ?? 1);
  }

  /** Nothing that is still to be heard can matter: the detectors keep what they know and cost nothing more. */
  rest(): void {
    this.resting = true;
  }

  push(caller: Int16Array, callee: Int16Array, from: number, to: number): void {
    if (this.resting) return;
    for (let i = 0; i < this.detectors.length; i++) {
      const detector = this.detectors[i];
      if (detector === undefined) continue;
      detector.push(this.parties[i] === 'caller' ? caller : callee, from, to);
      if (detector.segmentEnd > this.lastSoundEnd) this.lastSoundEnd = detector.segmentEnd;
    }
  }

  /** Onset of the earliest sound that is under way; -1 when all is quiet. */
  get activeSince(): number {
    let first = -1;
    for (let i = 0; i < this.detectors.length; i++) {
      const detector = this.detectors[i];
      if (detector?.active === true && (first < 0 || detector.segmentStart < first)) first = detector.segmentStart;
    }
    return first;
  }
}
