import { parseWavHeader, WavFormatError, type WavInfo } from '#libs/media';
import { RecgateError } from '#libs/recording-model';

/**
 * Reads the beginning of an audio file.
 * @throws RecgateError `media.format` saying what it is instead of a WAV file that can be read.
 */
export function readWavLayout(head: Buffer): WavInfo {
  try {
    return parseWavHeader(head);
  } catch (thrown) {
    if (!(thrown instanceof WavFormatError)) throw thrown;
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
