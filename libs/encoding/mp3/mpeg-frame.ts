/*
 * AAAAAAAA AAABBCCD EEEEFFGH IIJJKLMM
 * A sync, B version, C layer, D no CRC, E bitrate, F sample rate, G padding, H private,
 * I channel mode, J mode extension, K copyright, L original, M emphasis
 */

/** Bytes of a frame header. */
export const FRAME_HEADER_BYTES = 4;

/** What a Layer III frame header says. */
export interface MpegFrame {
  /** MPEG-1; otherwise MPEG-2 or 2.5, whose frames are half as long. */
  readonly isMpeg1: boolean;
  readonly sampleRate: number;
  readonly bitrateKbps: number;
  /** Whole frame, header included. */
  readonly bytes: number;
  /** Samples per channel. */
  readonly samples: number;
  /** 0 stereo, 1 joint stereo, 2 dual, 3 mono. */
  readonly channelMode: number;
  /** Bytes of side information after the header. */
  readonly sideInfoBytes: number;
}

const BITRATES_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/** By version bits: MPEG-2.5, reserved, MPEG-2, MPEG-1. */
const SAMPLE_RATES = [[11025, 12000, 8000], [], [22050, 24000, 16000], [44100, 48000, 32000]];

/** Reads the header of a Layer III frame at `at`; null when there is none. */
export function parseMpegFrame(bytes: Uint8Array, at = 0): MpegFrame | null {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = bytes.subarray(at, at + FRAME_HEADER_BYTES);
  const isLayer3 = b0 === 0xff && (b1 & 0xe6) === 0xe2;
  const versionBits = (b1 >> 3) & 3;
  const isMpeg1 = versionBits === 3;
  const sampleRate = SAMPLE_RATES[versionBits]?.[(b2 >> 2) & 3];
  const bitrateKbps = (isMpeg1 ? BITRATES_MPEG1 : BITRATES_MPEG2)[b2 >> 4];
  if (!isLayer3 || sampleRate === undefined || bitrateKbps === undefined || bitrateKbps === 0) return null;
  const channelMode = b3 >> 6;
  const samples = isMpeg1 ? 1152 : 576;
  const padding = (b2 >> 1) & 1;
  return {
    isMpeg1,
    sampleRate,
    bitrateKbps,
    bytes: Math.floor((samples * 125 * bitrateKbps) / sampleRate) + padding,
    samples,
    channelMode,
    sideInfoBytes: sideInfoBytes(isMpeg1, channelMode === 3),
  };
}

/** The header of a like frame with the smallest bitrate that gives at least `leastBytes`, or with the largest there is; mode extension off. */
export function enlargedHeader(header: Uint8Array, leastBytes: number): Uint8Array {
  const enlarged = header.slice(0, FRAME_HEADER_BYTES);
  enlarged[3] = (header[3] ?? 0) & 0xcf;
  for (let index = (header[2] ?? 0) >> 4; index < 15; index++) {
    // The bitrate index is the upper half; the sample rate is kept, the padding bit is off.
    enlarged[2] = (index << 4) | ((header[2] ?? 0) & 0x0c);
    if ((parseMpegFrame(enlarged)?.bytes ?? 0) >= leastBytes) break;
  }
  return enlarged;
}

function sideInfoBytes(isMpeg1: boolean, isMono: boolean): number {
  if (isMpeg1) return isMono ? 17 : 32;
  return isMono ? 9 : 17;
}
