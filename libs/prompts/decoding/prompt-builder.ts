import { Resampler } from '#libs/media';
import { RecgateError, type PromptAudio } from '#libs/recording-model';

/** Longest audio that is played, seconds. */
export const MAX_PROMPT_SECONDS = 30 * 60;

/** What telephone audio at most has; keeping more would cost memory and the resampling of every call. */
const WIDEBAND = 16_000;

type Conversion = readonly [from: number, to: number];

/**
 * How each sample rate becomes 8 or 16 kHz. The resampler knows ratios between its own rates; a rate that is not among
 * them is first brought to one by a ratio of its own: 22,050 to 44,100 Hz is what 8 to 16 kHz is.
 */
const CONVERSIONS: Readonly<Record<number, readonly Conversion[]>> = {
  6000: [
    [8000, 32_000],
    [24_000, WIDEBAND],
  ],
  8000: [],
  11_025: [
    [8000, 32_000],
    [44_100, WIDEBAND],
  ],
  12_000: [
    [8000, 16_000],
    [24_000, WIDEBAND],
  ],
  16_000: [],
  22_050: [
    [8000, 16_000],
    [44_100, WIDEBAND],
  ],
  24_000: [[24_000, WIDEBAND]],
  32_000: [[32_000, WIDEBAND]],
  44_100: [[44_100, WIDEBAND]],
  48_000: [[48_000, WIDEBAND]],
  64_000: [
    [16_000, 8000],
    [32_000, WIDEBAND],
  ],
  88_200: [
    [16_000, 8000],
    [44_100, WIDEBAND],
  ],
  96_000: [
    [16_000, 8000],
    [48_000, WIDEBAND],
  ],
};

/** Collects decoded mono audio of one file, at 8 kHz when it has that rate, else at 16 kHz. */
export class PromptBuilder {
  private readonly stages: readonly Resampler[];
  private readonly sampleRate: number;
  private readonly mostSamples: number;
  private samples = new Int16Array(1 << 16);
  private length = 0;
  private taken = 0;

  /** @throws RecgateError `media.format` for a rate that is not known */
  constructor(sourceRate: number) {
    const conversions = CONVERSIONS[sourceRate];
    if (conversions === undefined)
      throw new RecgateError(
        'media.format',
        `Audio of ${sourceRate} Hz cannot be played; rates are ${Object.keys(CONVERSIONS).join(', ')}`,
      );
    this.stages = conversions.map(([from, to]) => new Resampler(from, to));
    this.sampleRate = conversions.length === 0 ? sourceRate : WIDEBAND;
    this.mostSamples = MAX_PROMPT_SECONDS * sourceRate;
  }

  /** @throws RecgateError `media.format` when so many samples of the source are too many */
  checkLength(sourceSamples: number): void {
    if (sourceSamples > this.mostSamples)
      throw new RecgateError('media.format', `The audio is longer than ${MAX_PROMPT_SECONDS / 60} minutes`);
  }

  /** @throws RecgateError `media.format` when it gets too long */
  push(block: Int16Array): void {
    this.taken += block.length;
    this.checkLength(this.taken);
    this.convert(block, 0);
  }

  /** @throws RecgateError `media.none` when there was no sample */
  finish(): PromptAudio {
    if (this.taken === 0) throw new RecgateError('media.none', 'The audio file holds no audio');
    this.stages.forEach((stage, index) => {
      const rest = new Int16Array(stage.maxOutput(0) + 1);
      this.convert(rest.subarray(0, stage.flush(rest)), index + 1);
    });
    return { samples: this.samples.slice(0, this.length), sampleRate: this.sampleRate };
  }

  private convert(block: Int16Array, from: number): void {
    let current = block;
    for (const stage of this.stages.slice(from)) {
      const out = new Int16Array(stage.maxOutput(current.length));
      current = out.subarray(0, stage.process(current, current.length, out));
    }
    this.keep(current);
  }

  private keep(block: Int16Array): void {
    if (this.length + block.length > this.samples.length) {
      const larger = new Int16Array(Math.max(2 * this.samples.length, this.length + block.length));
      larger.set(this.samples.subarray(0, this.length));
      this.samples = larger;
    }
    this.samples.set(block, this.length);
    this.length += block.length;
  }
}
