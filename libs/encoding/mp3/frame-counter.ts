import { FRAME_HEADER_BYTES, parseMpegFrame } from './mpeg-frame.js';

/** Follows the frames in a stream of MP3 bytes that is cut anywhere. */
export class FrameCounter {
  frames = 0;
  bytes = 0;

  private readonly header = new Uint8Array(FRAME_HEADER_BYTES);
  private headerFill = 0;
  private untilNext = 0;

  /** @throws Error when a frame does not begin where the one before ends */
  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const skipped = Math.min(this.untilNext, bytes.length - at);
      at += skipped;
      this.untilNext -= skipped;
      while (this.untilNext === 0 && at < bytes.length) {
        this.header[this.headerFill++] = bytes[at++] as number;
        if (this.headerFill === FRAME_HEADER_BYTES) this.beginFrame();
      }
    }
  }

  /** True when the bytes so far are whole frames. */
  get atBoundary(): boolean {
    return this.untilNext === 0 && this.headerFill === 0;
  }

  private beginFrame(): void {
    const frame = parseMpegFrame(this.header);
    if (frame === null) throw new Error(`No MP3 frame after ${this.frames} frames`);
    this.frames++;
    this.headerFill = 0;
    this.untilNext = frame.bytes - FRAME_HEADER_BYTES;
  }
}
