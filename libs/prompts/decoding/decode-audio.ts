import { RecgateError, type PromptAudio } from '#libs/recording-model';
import { audioContainer, type AudioContainer, type AudioHint } from './audio-format.js';
import { decodeMp3 } from './decode-mp3.js';
import { decodeAu, decodeRawMulaw, decodeWav } from './decode-pcm.js';
import { decryptAudio, type AudioDecryption } from './decrypt-audio.js';

const DECODERS: Readonly<Record<AudioContainer, (bytes: Uint8Array) => PromptAudio | Promise<PromptAudio>>> = {
  wav: decodeWav,
  au: decodeAu,
  mp3: decodeMp3,
  mulaw: decodeRawMulaw,
};

const PLAYABLE = 'WAV (PCM, µ-law, A-law), MP3, Sun audio and raw µ-law can be played';

/**
 * Decodes a whole file, after decrypting it where it is encrypted. Takes as long as it takes: for threads.
 * @throws RecgateError `media.format`, `media.none`
 */
export async function decodeAudio(
  bytes: Uint8Array,
  hint: AudioHint,
  decryption: AudioDecryption | null,
): Promise<PromptAudio> {
  const plain = decryption === null ? bytes : decryptAudio(bytes, decryption);
  const container = audioContainer(plain, hint);
  if (container !== null) return DECODERS[container](plain);
  const suspicion = decryption === null ? '' : ', or it was encrypted with another key or vector';
  throw new RecgateError('media.format', `The file is in no known audio format${suspicion}; ${PLAYABLE}`);
}
