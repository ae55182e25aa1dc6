/** What one frame of audio looks like to the detector. */
export interface FrameFeatures {
  /** Power above the hum range, dBFS (full-scale square = 0 dB), -150 at least. */
  levelDb: number;
  /** Autocorrelation at a lag of one sample over power, -1..1: near 1 for low voices, 0 for white noise, below 0 for hiss. */
  tilt: number;
  /** Share of the power that two past samples do not predict, 0..1: 1 for white noise, below 0.1 for vowels and tones. */
  residual: number;
  /** The frame holds nothing but zeros: the line is off, which says nothing about its noise. */
  blank: boolean;
}

const FULL_SCALE_POWER = 32768 * 32768;
const LEAST_POWER = 1e-15 * FULL_SCALE_POWER;
const HIGH_PASS_HZ = 200;
/** Higher rates are averaged down to about this one, so that the features mean the same at every rate. */
const ANALYSIS_RATE = 8000;

/**
 * Turns a frame of samples into features. A second-order high-pass at 200 Hz comes first, so that mains hum of 50 or
 * 60 Hz and its octave weigh little; the lag products of the same loop stand in for a spectrum. Frames follow each
 * other without a gap. Allocates nothing after construction.
 */
export class FrameAnalyser {
  readonly features: FrameFeatures = { levelDb: -150, tilt: 0, residual: 1, blank: true };
  private readonly factor: number;
  private readonly b0: number;
  private readonly a1: number;
  private readonly a2: number;
  /** Coefficients of the filter's step over two samples at once; it shortens the chain each output waits for. */
  private readonly b01: number;
  private readonly a11: number;
  private readonly a12: number;
  private readonly averaged: Int16Array;
  private x1 = 0;
  private x2 = 0;
  private y1 = 0;
  private y2 = 0;

  /** @param frameSamples length of every frame, at `sampleRate` */
  constructor(
    sampleRate: number,
    private readonly frameSamples: number,
  ) {
    this.factor = Math.max(1, Math.round(sampleRate / ANALYSIS_RATE));
    this.averaged = new Int16Array(this.factor === 1 ? 0 : Math.floor(frameSamples / this.factor));
    const w = Math.tan((Math.PI * HIGH_PASS_HZ * this.factor) / sampleRate);
    const norm = 1 / (1 + Math.SQRT2 * w + w * w);
    this.b0 = norm;
    this.a1 = 2 * (w * w - 1) * norm;
    this.a2 = (1 - Math.SQRT2 * w + w * w) * norm;
    this.b01 = -this.a1 * this.b0;
    this.a11 = this.a1 * this.a1 - this.a2;
    this.a12 = this.a1 * this.a2;
  }

  /** Analyses the frame that begins at `from`; the returned object is reused. */
  analyse(samples: Int16Array, from: number): FrameFeatures {
    return this.factor === 1
      ? this.filter(samples, from, this.frameSamples)
      : this.filter(this.average(samples, from), 0, this.averaged.length);
  }

  private average(samples: Int16Array, from: number): Int16Array {
    const { averaged, factor } = this;
    for (let i = 0, at = from; i < averaged.length; i++) {
      let sum = 0;
      for (let k = 0; k < factor; k++) sum += samples[at++] as number;
      averaged[i] = Math.round(sum / factor);
    }
    return averaged;
  }

  private filter(samples: Int16Array, from: number, count: number): FrameFeatures {
    const { b0, a1, a2, b01, a11, a12 } = this;
    let { x1, x2, y1, y2 } = this;
    let power = 0;
    let lag1 = 0;
    let lag2 = 0;
    let bits = 0;
    const pairsEnd = from + (count & ~1);
    for (let i = from; i < pairsEnd; i += 2) {
      const x = samples[i] as number;
      const next = samples[i + 1] as number;
      bits |= x | next;
      const d = x - x1 - x1 + x2;
      const y = b0 * d - a1 * y1 - a2 * y2;
      const z = b0 * (next - x - x + x1) + b01 * d + a11 * y1 + a12 * y2;
      power += y * y + z * z;
      lag1 += y * y1 + z * y;
      lag2 += y * y2 + z * y1;
      x2 = x;
      x1 = next;
      y2 = y;
      y1 = z;
    }
    this.x1 = x1;
    this.x2 = x2;
    this.y1 = y1;
    this.y2 = y2;
    return this.describe(power, lag1, lag2, pairsEnd - from, bits);
  }

  private describe(power: number, lag1: number, lag2: number, count: number, bits: number): FrameFeatures {
    const { features } = this;
    const mean = power / count;
    features.blank = bits === 0;
    if (mean <= LEAST_POWER) {
      features.levelDb = -150;
      features.tilt = 0;
      features.residual = 1;
      return features;
    }
    // Levinson-Durbin of order two on the normalised autocorrelation.
    const rho1 = clampUnit(lag1 / power);
    const rest = 1 - rho1 * rho1;
    const k2 = clampUnit((lag2 / power - rho1 * rho1) / rest);
    features.levelDb = 10 * Math.log10(mean / FULL_SCALE_POWER);
    features.tilt = rho1;
    features.residual = rest * (1 - k2 * k2);
    return features;
  }
}

function clampUnit(value: number): number {
  return value > 0.999 ? 0.999 : value < -0.999 ? -0.999 : value;
}
