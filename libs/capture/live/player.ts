import type { Playback, PlaybackControl } from '#libs/recording-model';
import type { LegParty } from '../call/leg-source.js';
import type { AudioOutput } from './audio-output.js';
import type { FrameSource } from './mixing/hearing.js';
import { FRAME_MS, Sounds } from './sounds.js';

interface Outlet {
  readonly party: LegParty;
  readonly output: AudioOutput;
  /** Who is heard there. */
  hears: readonly FrameSource[];
  /** Place of the last frame, ms. */
  lastMs: number;
}

/** Sends each party what it is to hear, 20 ms at a time: the sounds played to it and what others say, mixed. */
export class Player {
  private readonly outlets: readonly Outlet[];
  private readonly sounds = new Sounds((isCutOff) => this.cutOff(isCutOff));

  constructor(outlets: readonly Pick<Outlet, 'party' | 'output'>[]) {
    this.outlets = outlets.map(({ party, output }) => ({ party, output, hears: [], lastMs: -Infinity }));
  }

  get isPlaying(): boolean {
    return this.sounds.isPlaying;
  }

  play(playback: Playback, ended: () => void): PlaybackControl {
    return this.sounds.play(playback, ended);
  }

  /** Has the party hear the source from the next frame on. */
  connect(party: LegParty, source: FrameSource): void {
    for (const outlet of this.outlets) if (outlet.party === party) outlet.hears = [...outlet.hears, source];
  }

  disconnect(source: FrameSource): void {
    for (const outlet of this.outlets) outlet.hears = outlet.hears.filter((other) => other !== source);
  }

  /** @param atMs place of the frame on the time line of the call */
  sendFrame(atMs: number): void {
    for (const outlet of this.outlets) this.sendTo(outlet, atMs);
    if (this.isPlaying) this.sounds.advance();
  }

  /** Ends everything without a word. */
  stop(): void {
    this.sounds.stop();
    for (const outlet of this.outlets) outlet.hears = [];
  }

  private sendTo(outlet: Outlet, atMs: number): void {
    const { output, party, hears } = outlet;
    const { sampleRate } = output;
    if (sampleRate === null) return;
    const sound = this.sounds.frameToward(party, sampleRate);
    if (sound === null && hears.length === 0) return;
    const frame = sound ?? new Int16Array((sampleRate * FRAME_MS) / 1000);
    for (const source of hears) source.addTo(frame, sampleRate);
    output.send(frame, atMs, Math.abs(atMs - outlet.lastMs - FRAME_MS) > 1);
    outlet.lastMs = atMs;
  }

  private cutOff(isCutOff: (party: LegParty) => boolean): void {
    for (const { party, output } of this.outlets) if (isCutOff(party)) output.clear();
  }
}
