import { mixInto, Resampler, writeTone } from '#libs/media';
import type { Playback, PlaybackControl } from '#libs/recording-model';
import type { LegParty } from '../call/leg-source.js';
import { DigitTones } from './digit-tones.js';

/** Sounds and what is passed on are sent in frames of this length, ms. */
export const FRAME_MS = 20;
/** Peak of a beep: -12 dBFS, loud and far from clipping with speech beneath it. */
const TONE_AMPLITUDE = 8231;

interface Sound {
  readonly playback: Audible;
  readonly durationMs: number;
  playedMs: number;
  readonly ended: () => void;
  readonly resampled: Map<number, Int16Array>;
}

/** The sounds being played into a call, 20 ms at a time; sounds toward the same party are mixed. */
export class Sounds {
  private sounds: Sound[] = [];

  /** @param cancelled told when a party has nothing more to hear of a sound that was cut short */
  constructor(private readonly cancelled: (isCutOff: (party: LegParty) => boolean) => void) {}

  get isPlaying(): boolean {
    return this.sounds.length > 0;
  }

  play(playback: Playback, ended: () => void): PlaybackControl {
    const audible = audibleOf(playback);
    const sound: Sound = { playback: audible, durationMs: lengthOf(audible), playedMs: 0, ended, resampled: new Map() };
    this.sounds.push(sound);
    return { cancel: () => this.cancel(sound) };
  }

  /** The current frame toward a party; null when nothing is played to it. */
  frameToward(party: LegParty, sampleRate: number): Int16Array | null {
    const heard = this.sounds.filter(({ playback, playedMs, durationMs }) => playedMs < durationMs && reaches(playback, party));
    return heard.length === 0 ? null : mixed(heard, sampleRate);
  }

  /** Moves on by one frame. */
  advance(): void {
    for (const sound of this.sounds) sound.playedMs += FRAME_MS;
    const over = this.sounds.filter(({ playedMs, durationMs }) => playedMs >= durationMs);
    this.sounds = this.sounds.filter((sound) => !over.includes(sound));
    for (const { ended } of over) ended();
  }

  /** Ends everything without a word. */
  stop(): void {
    this.sounds = [];
  }

  private cancel(sound: Sound): void {
    if (!this.sounds.includes(sound)) return;
    this.sounds = this.sounds.filter((other) => other !== sound);
    this.cancelled((party) => reaches(sound.playback, party) && !this.sounds.some(({ playback }) => reaches(playback, party)));
  }
}

/** What is sent as it is, or made sample by sample. */
type Audible = Exclude<Playback, { kind: 'digits' }> | { readonly kind: 'keys'; readonly tones: DigitTones; readonly toward: readonly LegParty[] };

function audibleOf(playback: Playback): Audible {
  return playback.kind === 'digits' ? { kind: 'keys', toward: playback.toward, tones: new DigitTones(playback.digits) } : playback;
}

/** Length of a playback, ms. */
export function durationOf(playback: Playback): number {
  return lengthOf(audibleOf(playback));
}

function lengthOf(audible: Audible): number {
  switch (audible.kind) {
    case 'tone':
      return audible.durationMs;
    case 'keys':
      return audible.tones.durationMs;
    case 'pcm':
      return (audible.samples.length * 1000) / audible.sampleRate;
  }
}

function reaches(playback: Audible, party: LegParty): boolean {
  const toward: readonly LegParty[] = playback.toward;
  return party === 'conference' || toward.includes(party);
}

function mixed(sounds: readonly Sound[], sampleRate: number): Int16Array {
  const length = (sampleRate * FRAME_MS) / 1000;
  const frame = new Int16Array(length);
  const part = sounds.length > 1 ? new Int16Array(length) : frame;
  for (const sound of sounds) {
    writeSound(part, sound, sampleRate);
    if (part !== frame) mixInto(frame, frame, part, length);
  }
  return frame;
}

function writeSound(dst: Int16Array, sound: Sound, sampleRate: number): void {
  const start = Math.round((sound.playedMs * sampleRate) / 1000);
  const left = Math.round((sound.durationMs * sampleRate) / 1000) - start;
  const count = Math.min(dst.length, left);
  dst.fill(0, count);
  const { playback } = sound;
  if (playback.kind === 'tone') {
    writeTone(dst, 0, count, { frequencyHz: playback.frequencyHz, sampleRate, amplitude: TONE_AMPLITUDE, startSample: start });
  } else if (playback.kind === 'keys') {
    playback.tones.write(dst, count, sound.playedMs, sampleRate);
  } else {
    dst.set(samplesAt(sound, playback, sampleRate).subarray(start, start + count));
  }
}

function samplesAt(sound: Sound, playback: Extract<Playback, { kind: 'pcm' }>, sampleRate: number): Int16Array {
  if (playback.sampleRate === sampleRate) return playback.samples;
  const known = sound.resampled.get(sampleRate);
  if (known !== undefined) return known;
  const resampler = new Resampler(playback.sampleRate, sampleRate);
  const out = new Int16Array(resampler.maxOutput(playback.samples.length) + resampler.maxOutput(0));
  const written = resampler.process(playback.samples, playback.samples.length, out);
  const rest = resampler.flush(out.subarray(written));
  const samples = out.subarray(0, written + rest);
  sound.resampled.set(sampleRate, samples);
  return samples;
}
