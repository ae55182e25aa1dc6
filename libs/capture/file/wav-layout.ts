import { parseWavHeader, WavFormatError, type WavInfo } from '#libs/media';
import { RecgateError } from '#libs/recording-model';

/** How the audio of a WAV file is stored; `pcm8` is unsigned with 128 as silence. */
export interface WavLayout {
  readonly codec: WavInfo['codec'] | 'pcm8';
  readonly sampleRate: number;
  readonly channels: number;
  readonly dataOffset: number;
  /** Length of the audio as the header says it; null when it does not know. */
  readonly dataBytes: number | null;
}

export const BYTES_PER_SAMPLE = { pcm16: 2, pcm8: 1, mulaw: 1, alaw: 1 } as const satisfies Record<WavLayout['codec'], number>;

/**
 * Reads the beginning of an audio file.
 * @throws RecgateError `media.format` saying what it is instead of a WAV file that can be read.
 */
export function readWavLayout(head: Buffer): WavLayout {
  try {
    return parseWavHeader(head);
  } catch (thrown) {
    if (!(thrown instanceof WavFormatError)) throw thrown;
    const layout = thrown.reason === 'unsupported-codec' ? readPcm8Layout(head) : null;
    if (layout !== null) return layout;
    throw new RecgateError('media.format', formatMessage(head, thrown), { cause: thrown });
  }
}

function formatMessage(head: Buffer, error: WavFormatError): string {
  if (error.reason === 'incomplete') return `The WAV file is truncated: ${error.message}`;
  if (error.reason !== 'not-riff') return `The WAV file cannot be read: ${error.message}`;
  const name = otherFormat(head);
  return name === null ? 'The audio is not a WAV file' : `The audio is ${name}; only WAV (PCM 16, PCM 8, µ-law, A-law) is taken`;
}

const MAGICS: readonly (readonly [string, string])[] = [
  ['ID3', 'MP3'],
  ['OggS', 'Ogg'],
  ['fLaC', 'FLAC'],
  ['FORM', 'AIFF'],
  ['.snd', 'AU'],
  ['#!AMR', 'AMR'],
];

function otherFormat(head: Buffer): string | null {
  const named = MAGICS.find(([magic]) => head.toString('latin1', 0, magic.length) === magic);
  if (named !== undefined) return named[1];
  if (head.toString('latin1', 4, 8) === 'ftyp') return 'MP4';
  return head.length > 1 && head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2 ? 'MP3' : null;
}

const FMT_BITS_OFFSET = 14;

/** PCM 8 differs from PCM 16 in one field of the `fmt ` chunk; read as the other, only the lengths have to be set right. */
function readPcm8Layout(head: Buffer): WavLayout | null {
  const fmt = head.indexOf('fmt ', 12, 'latin1') + 8;
  if (fmt < 8 || fmt + 16 > head.length || head.readUInt16LE(fmt) !== 1 || head.readUInt16LE(fmt + FMT_BITS_OFFSET) !== 8) return null;
  const asPcm16 = Buffer.from(head);
  asPcm16.writeUInt16LE(16, fmt + FMT_BITS_OFFSET);
  const { sampleRate, channels, dataOffset, dataBytes } = parseWavHeader(asPcm16);
  const declared = dataBytes === null ? null : head.readUInt32LE(dataOffset - 4);
  return { codec: 'pcm8', sampleRate, channels, dataOffset, dataBytes: declared === null ? null : declared - (declared % channels) };
}
