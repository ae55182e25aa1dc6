import { WAV_CODECS, WavFormatError, type WavCodec } from './wav-format.js';

/** What a WAV header says. */
export interface WavLayout {
  readonly codec: WavCodec;
  /** Samples per second of each channel. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly samples: number;
}

const RIFF_LIMIT = 0xffff_ffff;

/** Bytes of audio data, without padding. */
export function wavDataBytes(layout: WavLayout): number {
  return layout.samples * layout.channels * WAV_CODECS[layout.codec].bytesPerSample;
}

/** Zero bytes to write after the audio data, so that the chunk ends on an even position: 0 or 1. */
export function wavPaddingBytes(layout: WavLayout): number {
  return wavDataBytes(layout) % 2;
}

/**
 * The bytes before the audio data: 44 for PCM 16, 58 for µ-law and A-law (18-byte `fmt `, and `fact` with the samples).
 * After the data `wavPaddingBytes` zeros must follow; the sizes count them as RIFF wants it.
 * @throws WavFormatError `too-large` when the file would exceed 4 GiB
 */
export function writeWavHeader(layout: WavLayout): Uint8Array {
  const { formatTag, bytesPerSample, fmtBytes } = WAV_CODECS[layout.codec];
  const dataBytes = wavDataBytes(layout);
  const withFact = layout.codec !== 'pcm16';
  const headerBytes = 12 + 8 + fmtBytes + (withFact ? 12 : 0) + 8;
  const riffBytes = headerBytes - 8 + dataBytes + wavPaddingBytes(layout);
  if (riffBytes > RIFF_LIMIT)
    throw new WavFormatError('too-large', `${dataBytes} bytes of audio do not fit into a WAV file (4 GiB)`);

  const writer = new RiffWriter(headerBytes);
  writer.ascii('RIFF').uint32(riffBytes).ascii('WAVE');
  writer.ascii('fmt ').uint32(fmtBytes).uint16(formatTag).uint16(layout.channels).uint32(layout.sampleRate);
  const blockAlign = layout.channels * bytesPerSample;
  writer
    .uint32(layout.sampleRate * blockAlign)
    .uint16(blockAlign)
    .uint16(8 * bytesPerSample);
  if (fmtBytes === 18) writer.uint16(0);
  if (withFact) writer.ascii('fact').uint32(4).uint32(layout.samples);
  writer.ascii('data').uint32(dataBytes);
  return writer.bytes;
}

class RiffWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  ascii(text: string): this {
    for (const character of text) this.bytes[this.at++] = character.charCodeAt(0);
    return this;
  }

  uint16(value: number): this {
    this.view.setUint16(this.at, value, true);
    this.at += 2;
    return this;
  }

  uint32(value: number): this {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
    return this;
  }
}
