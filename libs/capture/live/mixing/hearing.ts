import { mixInto } from '#libs/media';
import { FrameReader } from '../../call/frame-reader.js';
import { FRAME_MS } from '../sounds.js';
import type { LegTap } from './leg-tap.js';

/** How far behind its arrival what a party says is heard by others, ms: jitter and reordering up to here are repaired. */
const JITTER_MS = 40;
/** Audio that has piled up by more than this, for as long as a window lasts, is delay that nothing needs any more. */
const MOST_AHEAD_MS = JITTER_MS + 80;
const WINDOW_FRAMES = 50;
/** Space of the same size as the calls' own, so that it is shared with them. */
const SPACE_MS = 60;

/** What an output hears beside the sounds of its own call. */
export interface FrameSource {
  /** Adds the current 20 ms to the frame. */
  addTo(frame: Int16Array, sampleRate: number): void;
}

/** What one leg says, 20 ms at a time and shortly after it arrived, for whoever listens at whatever rate. */
export class Hearing implements FrameSource {
  private tap: LegTap | null = null;
  private reader: FrameReader | null = null;
  private originMs = 0;
  private nextFrameMs = 0;
  private leastAheadMs = Infinity;
  private framesOfWindow = 0;

  /** @param open opens a tap whose time line begins at a time of the clock, ms */
  constructor(private readonly open: (originMs: number) => LegTap) {}

  /** Moves on to the frame that is sent at this time of the clock, ms; good until `release`. */
  moveTo(frameMs: number): void {
    if (this.reader === null || frameMs !== this.nextFrameMs || this.tap?.isStarved === true || this.isPiledUp()) this.begin(frameMs);
    const untilMs = frameMs - JITTER_MS - this.originMs;
    this.reader?.read(untilMs - FRAME_MS, untilMs);
    this.nextFrameMs = frameMs + FRAME_MS;
    this.leastAheadMs = Math.min(this.leastAheadMs, this.tap?.bufferedMs ?? 0);
    this.framesOfWindow++;
  }

  addTo(frame: Int16Array, sampleRate: number): void {
    if (this.reader === null) return;
    this.reader.need(sampleRate);
    mixInto(frame, frame, this.reader.of('caller', sampleRate, 0), frame.length);
  }

  release(): void {
    this.reader?.release();
  }

  close(): void {
    this.tap?.close();
    this.tap = null;
    this.reader = null;
  }

  /** A far end whose audio came in a rush after a standstill, or whose clock is fast, must not be heard late for ever. */
  private isPiledUp(): boolean {
    if (this.framesOfWindow < WINDOW_FRAMES) return false;
    const piledUp = this.leastAheadMs > MOST_AHEAD_MS;
    this.leastAheadMs = Infinity;
    this.framesOfWindow = 0;
    return piledUp;
  }

  private begin(frameMs: number): void {
    this.tap?.close();
    this.originMs = frameMs - JITTER_MS - FRAME_MS;
    this.tap = this.open(this.originMs);
    this.reader = new FrameReader([this.tap], SPACE_MS);
    this.leastAheadMs = Infinity;
    this.framesOfWindow = 0;
  }
}
