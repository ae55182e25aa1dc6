import type { LiveCallMedia } from './live-call-media.js';
import type { LiveConference } from './live-conference.js';
import { FRAME_MS } from './sounds.js';

/** After a hold-up of the process no more frames than these are sent at once. */
const MOST_FRAMES_AT_ONCE = 10;
/** A frame is sent at the tick that is nearest to it: ticks are never quite punctual, and the next would be 20 ms late. */
const EARLY_MS = FRAME_MS / 2;

/** Has the calls of a node send their audio, all of them in the same frames of 20 ms; without any that sends it rests. */
export class Sending {
  private nextFrameMs: number | null = null;

  constructor(
    private readonly calls: ReadonlySet<LiveCallMedia>,
    private readonly rooms: ReadonlySet<LiveConference>,
  ) {}

  /** @param nowMs time of the node's clock */
  tick(nowMs: number): void {
    if (!this.isNeeded()) {
      this.nextFrameMs = null;
      return;
    }
    let frameMs = this.nextFrameMs ?? nowMs;
    if (nowMs - frameMs > MOST_FRAMES_AT_ONCE * FRAME_MS) frameMs = nowMs;
    for (; frameMs <= nowMs + EARLY_MS; frameMs += FRAME_MS) this.sendFrame(frameMs);
    this.nextFrameMs = frameMs;
  }

  private isNeeded(): boolean {
    for (const call of this.calls) if (call.isSending) return true;
    for (const room of this.rooms) if (room.isSending) return true;
    return false;
  }

  private sendFrame(frameMs: number): void {
    for (const room of this.rooms) if (room.isSending) room.guard(() => room.sendFrame(frameMs));
    for (const call of this.calls) if (call.isSending) call.guard(() => call.sendFrame(frameMs));
    for (const room of this.rooms) room.endFrame();
  }
}
