/** Mean absolute amplitude of frames, the fixed-level measure of silence. */
export class AmplitudeMeter {
  private sum = 0;

  add(samples: Int16Array, from: number, to: number): void {
    let sum = this.sum;
    for (let i = from; i < to; i++) {
      const x = samples[i] ?? 0;
      sum += x < 0 ? -x : x;
    }
    this.sum = sum;
  }

  /** Closes the frame of `frameSamples` samples and returns its mean absolute amplitude, 0..32768. */
  finish(frameSamples: number): number {
    const mean = this.sum / frameSamples;
    this.sum = 0;
    return mean;
  }
}
