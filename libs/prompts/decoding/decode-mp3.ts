import { MPEGDecoder } from 'mpg123-decoder';
import { RecgateError, type PromptAudio } from '#libs/recording-model';
import { PromptBuilder } from './prompt-builder.js';

/** A piece that decodes to a few seconds of audio, so that a file that gets too long is left early. */
const PIECE_BYTES = 64 * 1024;

/**
 * Decodes MPEG audio. Where the file says how long the encoder's delay and padding are (LAME tag), they are cut off, to
 * the sample.
 * @throws RecgateError `media.format`, `media.none`
 */
export async function decodeMp3(bytes: Uint8Array): Promise<PromptAudio> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    let builder: { readonly rate: number; readonly into: PromptBuilder } | null = null;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const { channelData, samplesDecoded, sampleRate } = decoder.decode(bytes.subarray(at, at + PIECE_BYTES));
      if (samplesDecoded === 0) continue;
      builder ??= { rate: sampleRate, into: new PromptBuilder(sampleRate) };
      if (builder.rate !== sampleRate)
        throw new RecgateError('media.format', 'The sample rate changes within the MP3 file');
      builder.into.push(mono(channelData, samplesDecoded));
    }
    if (builder === null) throw new RecgateError('media.format', 'The file holds no MPEG audio that can be decoded');
    return builder.into.finish();
  } finally {
    decoder.free();
  }
}

/** The decoder gives two channels always; those of a mono file are the same. */
function mono([left = new Float32Array(0), right = left]: readonly Float32Array[], length: number): Int16Array {
  const samples = new Int16Array(length);
  for (let i = 0; i < length; i++) {
    const value = Math.round(16_384 * ((left[i] ?? 0) + (right[i] ?? 0)));
    samples[i] = Math.max(-32_768, Math.min(32_767, value));
  }
  return samples;
}
