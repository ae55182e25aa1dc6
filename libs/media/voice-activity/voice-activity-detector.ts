import { AmplitudeMeter } from './amplitude-meter.js';
import { FrameAnalyser, type FrameFeatures } from './frame-analyser.js';
import { NoiseFloor } from './noise-floor.js';

export interface VoiceActivityOptions {
  readonly sampleRate: number;
  /** `auto`: speech and tones are told from line noise. A number: mean absolute amplitude (0..32767) that is sound. */
  readonly level: 'auto' | number;
}

/** Length of a frame, ms. */
export const FRAME_MS = 10;

/** Sound is believed when this many of the last ten frames hold it: clicks are shorter. */
const CONFIRM_FRAMES = 5;
/** After so many frames without sound a segment is over and the next must be confirmed anew (250 ms). */
const HANGOVER_FRAMES = 25;
/** A segment's start is searched back over this many frames at most. */
const HISTORY_FRAMES = 64;
const BACKDATE_FRAMES = 50;
/** Quieter frames inside a word that the search steps over. */
const BACKDATE_GAP_FRAMES = 3;
const BACKDATE_MARGIN_DB = 3.5;

const CLEAR_MARGIN_DB = 3;
const SHAPED_MARGIN_DB = 1.8;
const TONE_LEVEL_DB = -50;

/**
 * Tells sound worth keeping (speech, tones) from line noise, frame by frame of 10 ms, on one channel. Streaming: the
 * outcome does not depend on how the input is cut. Time is counted in samples pushed since construction.
 */
export class VoiceActivityDetector {
  readonly frameSamples: number;
  private readonly analyser: FrameAnalyser | null;
  private readonly meter: AmplitudeMeter | null;
  private readonly floor = new NoiseFloor();
  private readonly history = new Float64Array(HISTORY_FRAMES).fill(-Infinity);
  private frameFill = 0;
  private frames = 0;
  private recentBits = 0;
  private inSegment = false;
  private start = -1;
  private end = -1;

  constructor(private readonly options: VoiceActivityOptions) {
    this.frameSamples = Math.round((options.sampleRate * FRAME_MS) / 1000);
    this.analyser = options.level === 'auto' ? new FrameAnalyser(options.sampleRate) : null;
    this.meter = options.level === 'auto' ? null : new AmplitudeMeter();
  }

  /** Whether a sound segment is under way (it stays so through pauses of up to 250 ms). */
  get active(): boolean {
    return this.inSegment;
  }

  /** First sample of the current or latest sound segment, found back to its onset; -1 when there was none yet. */
  get segmentStart(): number {
    return this.start;
  }

  /** The sample after the last frame that held sound; -1 when there was none yet. */
  get segmentEnd(): number {
    return this.end;
  }

  /** Samples missing to the end of the frame under way, 1..frameSamples. */
  get untilFrameEnd(): number {
    return this.frameSamples - this.frameFill;
  }

  /** Takes `samples[from..to)`; returns how many frames were completed. */
  push(samples: Int16Array, from: number, to: number): number {
    let completed = 0;
    for (let position = from; position < to; ) {
      const next = Math.min(to, position + this.untilFrameEnd);
      if (this.analyser !== null) this.analyser.add(samples, position, next);
      else this.meter?.add(samples, position, next);
      this.frameFill += next - position;
      position = next;
      if (this.frameFill === this.frameSamples) {
        this.frameFill = 0;
        completed++;
        this.closeFrame();
      }
    }
    return completed;
  }

  private closeFrame(): void {
    const sound = this.analyser === null ? this.isLoud() : this.isSound(this.analyser.finish(this.frameSamples));
    this.frames++;
    this.recentBits = ((this.recentBits << 1) | (sound ? 1 : 0)) & 0x3ff;
    const now = this.frames * this.frameSamples;
    if (this.inSegment) {
      if ((this.recentBits & 3) === 3) this.end = now;
      else if (now - this.end > HANGOVER_FRAMES * this.frameSamples) this.inSegment = false;
    } else if (sound && countBits(this.recentBits) >= CONFIRM_FRAMES) {
      this.inSegment = true;
      this.start = Math.max(this.end, this.onset());
      this.end = now;
    }
  }

  private isLoud(): boolean {
    const amplitude = this.meter?.finish(this.frameSamples) ?? 0;
    const loud = amplitude >= Number(this.options.level);
    this.history[this.frames % HISTORY_FRAMES] = loud ? 0 : -Infinity;
    return loud;
  }

  private isSound(frame: FrameFeatures): boolean {
    this.history[this.frames % HISTORY_FRAMES] = frame.levelDb;
    if (frame.blank) return false;
    const tonal = isTonal(frame);
    this.floor.learn(frame, tonal);
    if (tonal && frame.levelDb > TONE_LEVEL_DB) return true;
    const { levelDb, deviationDb, tilt, tiltDeviation } = this.floor;
    const above = frame.levelDb - levelDb;
    if (above > Math.max(CLEAR_MARGIN_DB, 3.2 * deviationDb)) return true;
    const unlike = Math.abs(frame.tilt - tilt) > 0.1 + 3 * tiltDeviation;
    return unlike && above > Math.max(SHAPED_MARGIN_DB, 1.8 * deviationDb);
  }

  /** Walks back from the frame just closed over everything that stands out of the noise as it is known now. */
  private onset(): number {
    const threshold = this.analyser === null ? -1 : this.floor.levelDb + BACKDATE_MARGIN_DB;
    const latest = this.frames - 1;
    let first = latest;
    const limit = Math.max(0, latest - BACKDATE_FRAMES);
    for (let frame = latest; frame >= limit && first - frame <= BACKDATE_GAP_FRAMES + 1; frame--) {
      if ((this.history[frame % HISTORY_FRAMES] ?? -Infinity) > threshold) first = frame;
    }
    return first * this.frameSamples;
  }
}

/** A single or dual tone, as opposed to noise and to mains hum (which lies below 220 Hz). */
function isTonal(frame: FrameFeatures): boolean {
  if (frame.predictionGainDb >= 18) return frame.tilt < 0.985;
  return frame.predictionGainDb >= 7 && frame.tilt < 0.955;
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
