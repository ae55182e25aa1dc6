import { InbandDtmfDetector } from '#libs/media';

/** Looks for key tones in one leg and tells their places on the media time line. */
export class InbandKeys {
  private readonly detector: InbandDtmfDetector;

  constructor(
    readonly sampleRate: number,
    private readonly beginMs: number,
    private readonly found: (key: string, atMs: number) => void,
  ) {
    this.detector = new InbandDtmfDetector(sampleRate);
  }

  /** Takes the next `n` samples of the leg. */
  process(samples: Int16Array, n: number): void {
    this.detector.process(samples, 0, n, this.onKey);
  }

  private readonly onKey = (key: string, atSample: number): void => {
    this.found(key, this.beginMs + (atSample * 1000) / this.sampleRate);
  };
}
