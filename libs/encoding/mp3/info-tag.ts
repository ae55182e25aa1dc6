import { crc16 } from '../hashing/crc16.js';
import { FRAME_HEADER_BYTES, enlargedHeader, parseMpegFrame } from './mpeg-frame.js';

/*
 * The first frame of the file, silent to decoders that do not know it:
 *   frame header · side information (zeros) · "Info" · flags · frames · bytes · 100 seek points · quality
 *   · "LAME3.100" · revision and method · low-pass · peak · gains · flags · bitrate · delay and padding, 12 bits each
 *   · misc · gain · preset · length · CRC of the audio · CRC of this frame up to here
 */

/** What the tag says of the audio frames that follow it. */
export interface InfoTagFacts {
  /** Header of one of the audio frames. */
  readonly frameHeader: Uint8Array;
  readonly frames: number;
  /** Bytes of the audio frames. */
  readonly audioBytes: number;
  /** CRC-16 of the audio frames. */
  readonly audioCrc: number;
  /** Samples before the first and after the last sample of the recording. */
  readonly delay: number;
  readonly padding: number;
}

const XING_BYTES = 120;
const LAME_BYTES = 36;
const ALL_XING_FIELDS = 0x0f;
const QUALITY = 57;
const METHOD_CBR = 1;
const TOC_ENTRIES = 100;
/** Stereo mode in the misc field by the channel mode of the frames. */
const STEREO_MODES = [1, 3, 2, 0];

/** Length of the tag frame for audio frames with this header. */
export function infoTagBytes(frameHeader: Uint8Array): number {
  return parseMpegFrame(tagHeader(frameHeader))?.bytes ?? 0;
}

/** The tag frame. `delay` and `padding` let a decoder give back exactly the samples that went in. */
export function composeInfoTag(facts: InfoTagFacts): Uint8Array {
  const header = tagHeader(facts.frameHeader);
  const frame = parseMpegFrame(header);
  const audioFrame = parseMpegFrame(facts.frameHeader);
  if (frame === null || audioFrame === null) throw new Error('The tag needs the header of an MP3 frame');
  const bytes = new Uint8Array(frame.bytes);
  bytes.set(header);
  const fileBytes = frame.bytes + facts.audioBytes;
  const writer = new BigEndianWriter(bytes, FRAME_HEADER_BYTES + frame.sideInfoBytes);
  writer.ascii('Info').uint(ALL_XING_FIELDS, 4).uint(facts.frames, 4).uint(fileBytes, 4);
  for (let i = 0; i < TOC_ENTRIES; i++) writer.uint(seekPoint(i, frame.bytes, facts.audioBytes), 1);
  writer.uint(QUALITY, 4);
  writer.ascii('LAME3.100').uint(METHOD_CBR, 1).uint(0, 1).uint(0, 4).uint(0, 2).uint(0, 2).uint(0, 1);
  writer.uint(Math.min(255, audioFrame.bitrateKbps), 1).uint((facts.delay << 12) | facts.padding, 3);
  writer
    .uint((STEREO_MODES[frame.channelMode] ?? 0) << 2, 1)
    .uint(0, 1)
    .uint(0, 2);
  writer.uint(fileBytes, 4).uint(facts.audioCrc, 2);
  writer.uint(crc16(bytes.subarray(0, writer.at)), 2);
  return bytes;
}

/** Where the part `i`/100 of the playing time begins, in 256ths of the file. */
function seekPoint(i: number, tagBytes: number, audioBytes: number): number {
  return Math.min(255, Math.floor((256 * (tagBytes + (audioBytes * i) / TOC_ENTRIES)) / (tagBytes + audioBytes)));
}

function tagHeader(frameHeader: Uint8Array): Uint8Array {
  const sideInfoBytes = parseMpegFrame(frameHeader)?.sideInfoBytes ?? 0;
  return enlargedHeader(frameHeader, FRAME_HEADER_BYTES + sideInfoBytes + XING_BYTES + LAME_BYTES);
}

class BigEndianWriter {
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  private readonly bytes: Uint8Array;
  at: number;

  ascii(text: string): this {
    for (const character of text) this.bytes[this.at++] = character.charCodeAt(0);
    return this;
  }

  uint(value: number, size: number): this {
    for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) this.bytes[this.at++] = value >>> shift;
    return this;
  }
}
