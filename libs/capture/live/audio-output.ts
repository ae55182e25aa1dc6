/** The way of audio back to one party. */
export interface AudioOutput {
  /** Samples per second of the frames; null while the far end is not there yet. */
  readonly sampleRate: number | null;
  /**
   * Sends 20 ms.
   * @param atMs place of the frame on the time line of the call, ms
   * @param begins whether there was a pause before it
   */
  send(frame: Int16Array, atMs: number, begins: boolean): void;
  /** Has the far end throw away what it has not played yet. */
  clear(): void;
}
