import { NO_PACKETS, type LegCounts, type LegParty, type LegSource } from '../call/leg-source.js';
import type { WavChannel, WavFile } from './wav-file.js';

/** One party of a call whose audio lies in a file. */
export interface FileLegOptions {
  readonly party: LegParty;
  readonly audio: WavFile;
  readonly channel: WavChannel;
}

/** Reads a party's audio from a file; beyond its end there is silence. */
export class FileLeg implements LegSource {
  readonly party: LegParty;
  readonly sampleRate: number;
  readonly inbandKeys = true;

  constructor(private readonly options: FileLegOptions) {
    this.party = options.party;
    this.sampleRate = options.audio.sampleRate;
  }

  read(dst: Int16Array, n: number, position: number): void {
    this.options.audio.read(dst, n, position, this.options.channel);
  }

  peek(dst: Int16Array, n: number, position: number): void {
    this.read(dst, n, position);
  }

  counts(): LegCounts {
    return NO_PACKETS;
  }
}

/** The audio files of a call. A stereo file alone holds caller (left) and callee (right); otherwise its channels are mixed. */
export interface CallAudio {
  readonly caller?: WavFile | undefined;
  readonly callee?: WavFile | undefined;
}

/** The legs that a call's audio files make. */
export function fileLegs({ caller, callee }: CallAudio): readonly FileLegOptions[] {
  if (caller !== undefined && callee === undefined && caller.channels === 2) {
    return [
      { party: 'caller', audio: caller, channel: 0 },
      { party: 'callee', audio: caller, channel: 1 },
    ];
  }
  const legs: FileLegOptions[] = [];
  if (caller !== undefined) legs.push({ party: 'caller', audio: caller, channel: 'mix' });
  if (callee !== undefined) legs.push({ party: 'callee', audio: callee, channel: 'mix' });
  return legs;
}
