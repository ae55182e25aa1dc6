/** What one frame of audio looks like to the detector. */
export interface FrameFeatures {
  /** Power above the hum range, dBFS (full-scale square = 0 dB); `-Infinity` when nothing is left of the frame. */
  levelDb: number;
  /** Autocorrelation at a lag of one sample over power, -1..1: near 1 for low voices, 0 for white noise, below 0 for hiss. */
  tilt: number;
  /** How much of the frame two past samples predict, dB: 0 for white noise, above 10 for vowels and tones. */
  predictionGainDb: number;
  /** The frame holds nothing but zeros: the line is off, which says nothing about its noise. */
  blank: boolean;
}

const FULL_SCALE_POWER = 32768 * 32768;
const HIGH_PASS_HZ = 200;

/**
 * Turns samples into one set of features a frame. A second-order high-pass at 200 Hz comes first, so that mains hum
 * of 50 or 60 Hz and its octave weigh little; the lag products of the same loop stand in for a spectrum.
 * Allocates nothing after construction.
 */
export class FrameAnalyser {
  readonly features: FrameFeatures = { levelDb: -Infinity, tilt: 0, predictionGainDb: 0, blank: true };
  private readonly b0: number;
  private readonly a1: number;
  private readonly a2: number;
  private x1 = 0;
  private x2 = 0;
  private y1 = 0;
  private y2 = 0;
  private power = 0;
  private lag1 = 0;
  private lag2 = 0;
  private bits = 0;

  constructor(sampleRate: number) {
    const w = Math.tan((Math.PI * HIGH_PASS_HZ) / sampleRate);
    const norm = 1 / (1 + Math.SQRT2 * w + w * w);
    this.b0 = norm;
    this.a1 = 2 * (w * w - 1) * norm;
    this.a2 = (1 - Math.SQRT2 * w + w * w) * norm;
  }

  /** Adds `samples[from..to)` to the frame under way. */
  add(samples: Int16Array, from: number, to: number): void {
    const { b0, a1, a2 } = this;
    let { x1, x2, y1, y2, power, lag1, lag2, bits } = this;
    for (let i = from; i < to; i++) {
      const x = samples[i] ?? 0;
      const y = b0 * (x - x1 - x1 + x2) - a1 * y1 - a2 * y2;
      power += y * y;
      lag1 += y * y1;
      lag2 += y * y2;
      bits |= x;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
    }
    this.x1 = x1;
    this.x2 = x2;
    this.y1 = y1;
    this.y2 = y2;
    this.power = power;
    this.lag1 = lag1;
    this.lag2 = lag2;
    this.bits = bits;
  }

  /** Closes the frame of `frameSamples` samples and returns its features; the object is reused. */
  finish(frameSamples: number): FrameFeatures {
    const { power, lag1, lag2, features } = this;
    features.blank = this.bits === 0;
    features.levelDb = power > 1e-3 ? 10 * Math.log10(power / frameSamples / FULL_SCALE_POWER) : -Infinity;
    features.tilt = power > 1e-3 ? clampUnit(lag1 / power) : 0;
    features.predictionGainDb = power > 1e-3 ? predictionGainDb(features.tilt, clampUnit(lag2 / power)) : 0;
    this.power = 0;
    this.lag1 = 0;
    this.lag2 = 0;
    this.bits = 0;
    return features;
  }
}

/** Gain of the best second-order linear predictor, from normalised autocorrelation (Levinson-Durbin), 0..25 dB. */
function predictionGainDb(rho1: number, rho2: number): number {
  const rest1 = 1 - rho1 * rho1;
  const k2 = clampUnit((rho2 - rho1 * rho1) / rest1);
  return Math.min(25, -10 * Math.log10(rest1 * (1 - k2 * k2)));
}

function clampUnit(value: number): number {
  return value > 0.999 ? 0.999 : value < -0.999 ? -0.999 : value;
}
