import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { RecgateError } from '#libs/recording-model';
import { createEncoder } from 'wasm-media-encoders';
import type { FinishedEncoding, FormatEncoder } from '../format-encoder.js';
import type { EncodingPlan, Mp3Bitrate } from '../format-table.js';
import { crc16 } from '../hashing/crc16.js';
import { FrameCounter } from './frame-counter.js';
import { composeInfoTag, infoTagBytes } from './info-tag.js';
import { FRAME_HEADER_BYTES, parseMpegFrame } from './mpeg-frame.js';

type Lame = Awaited<ReturnType<typeof createEncoder<'audio/mpeg'>>>;

/** Samples that LAME puts before the first sample it is given (its encoder delay at an unchanged rate). */
const LAME_DELAY = 576;
/**
 * Zeros put before the recording. With the delay of LAME and the 529 samples of every decoder they make 1152, a whole number
 * of frames: a decoder then never has to cut the start and the end out of one frame, which some get wrong.
 */
const LEAD_IN = 47;
const DELAY = LAME_DELAY + LEAD_IN;
/** Samples per channel handed to LAME at a time: bounds its buffers whatever the size of a push. */
const LAME_BLOCK = 8 * 1152;
const SAMPLE_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000] as const;

/** The bytes of the WebAssembly, then the compiled module. */
let compiled: object | undefined;

/** An MP3 encoder of its own for a plan; the WebAssembly is compiled once a thread. */
export async function createMp3FormatEncoder(plan: EncodingPlan, bitrateKbps: Mp3Bitrate): Promise<FormatEncoder> {
  const outputSampleRate = SAMPLE_RATES.find((rate) => rate === plan.sampleRate);
  if (outputSampleRate === undefined)
    throw new RecgateError('media.format', `MP3 has no rate of ${plan.sampleRate} Hz`, { field: 'format' });
  compiled ??= await readFile(createRequire(import.meta.url).resolve('wasm-media-encoders/wasm/mp3'));
  const lame = await createEncoder('audio/mpeg', compiled, (module: object) => (compiled = module));
  // The output rate is named because LAME would otherwise choose a lower one at low bitrates.
  const settings = { channels: plan.channels, sampleRate: plan.sampleRate, bitrate: bitrateKbps, outputSampleRate };
  lame.configure(settings);
  const frameHeader = lame.finalize().slice(0, FRAME_HEADER_BYTES);
  lame.configure(settings);
  return new Mp3FormatEncoder(lame, plan.channels, frameHeader, bitrateKbps);
}

/**
 * MP3 with constant bitrate by LAME. LAME in this build writes no information tag, so the tag frame is composed here:
 * delay, padding, frames, and the CRCs are known at the end only.
 */
class Mp3FormatEncoder implements FormatEncoder {
  readonly facts: FormatEncoder['facts'];
  readonly headerBytes: number;
  private readonly lame: Lame;
  private readonly frameHeader: Uint8Array;
  private readonly planes: readonly Float32Array[];
  private readonly counter = new FrameCounter();
  private samples = 0;
  private begun = false;
  private audioCrc = 0;
  private out = new Uint8Array(0);

  /** @param frameHeader header of a frame as `lame` writes them */
  constructor(lame: Lame, channels: 1 | 2, frameHeader: Uint8Array, bitrateKbps: Mp3Bitrate) {
    this.facts = { name: 'LAME (constant bitrate)', bitrateKbps };
    this.lame = lame;
    this.frameHeader = frameHeader;
    this.planes = Array.from({ length: channels }, () => new Float32Array(LAME_BLOCK));
    this.headerBytes = infoTagBytes(frameHeader);
  }

  headerFor(): null {
    return null;
  }

  push(interleaved: Int16Array): Uint8Array {
    const channels = this.planes.length;
    let length = this.leadIn();
    for (let from = 0; from < interleaved.length; from += LAME_BLOCK * channels) {
      const to = Math.min(interleaved.length, from + LAME_BLOCK * channels);
      length = this.keep(this.lame.encode(this.split(interleaved, from, to)), length);
      this.samples += (to - from) / channels;
    }
    return this.out.subarray(0, length);
  }

  finish(): FinishedEncoding {
    const lead = this.leadIn();
    const length = this.keep(this.lame.finalize(), lead);
    const { frames, bytes, atBoundary } = this.counter;
    const frameSamples = parseMpegFrame(this.frameHeader)?.samples ?? 0;
    const padding = frames * frameSamples - DELAY - this.samples;
    if (!atBoundary || padding < 0)
      throw new RecgateError('gateway.internal', `The MP3 encoder gave ${frames} frames for ${this.samples} samples`);
    const header = composeInfoTag({
      frameHeader: this.frameHeader,
      frames,
      audioBytes: bytes,
      audioCrc: this.audioCrc,
      delay: DELAY,
      padding,
    });
    return { tail: this.out.subarray(0, length), header };
  }

  /** Gives the zeros before the first sample, once. */
  private leadIn(): number {
    if (this.begun) return 0;
    this.begun = true;
    return this.keep(this.lame.encode(this.planes.map(() => new Float32Array(LEAD_IN))), 0);
  }

  /** Separate channels as LAME wants them, −1..1. */
  private split(interleaved: Int16Array, from: number, to: number): Float32Array[] {
    const channels = this.planes.length;
    return this.planes.map((plane, channel) => {
      let n = 0;
      for (let i = from + channel; i < to; i += channels) plane[n++] = (interleaved[i] as number) / 32768;
      return plane.subarray(0, n);
    });
  }

  /** Appends to the output of this push what LAME owns and will overwrite. */
  private keep(bytes: Uint8Array, length: number): number {
    this.counter.add(bytes);
    this.audioCrc = crc16(bytes, this.audioCrc);
    if (length + bytes.length > this.out.length) {
      const larger = new Uint8Array(2 * (length + bytes.length));
      larger.set(this.out.subarray(0, length));
      this.out = larger;
    }
    this.out.set(bytes, length);
    return length + bytes.length;
  }
}
