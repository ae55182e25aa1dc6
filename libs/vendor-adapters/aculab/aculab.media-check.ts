/** How much of a file's beginning is looked at, bytes. */
export const MEDIA_HEAD_BYTES = 65_536;

interface WavForm {
  readonly name: string;
  readonly bits: readonly number[];
}

/** Encodings that can be played, by their WAVE tag (contract §10). */
const PLAYABLE: Readonly<Record<number, WavForm>> = {
  0x0001: { name: 'PCM', bits: [8, 16] },
  0x0006: { name: 'A-law', bits: [8] },
  0x0007: { name: 'mu-law', bits: [8] },
  0x0010: { name: 'OKI ADPCM', bits: [3, 4] },
  0x0011: { name: 'IMA ADPCM', bits: [3, 4] },
};
const RATES: readonly number[] = [6000, 8000, 11_000, 11_025];

/**
 * Why an unencrypted file would be refused when it is written (contract §8), from its first bytes: a wav that cannot be
 * played (§10), or a tiff that is none. Null: nothing is wrong.
 */
export function faultOfMedia(mediaName: string, head: Uint8Array): string | null {
  return /\.tiff?$/i.test(mediaName) ? faultOfTiff(head) : faultOfWav(head);
}

function faultOfTiff(head: Uint8Array): string | null {
  const mark = Buffer.from(head.subarray(0, 4)).toString('latin1');
  return mark === 'II*\0' || mark === 'MM\0*' ? null : 'is not a TIFF file';
}

function faultOfWav(head: Uint8Array): string | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
    return 'is not a WAVE file';
  const at = formatChunk(bytes);
  if (at === null) return 'has no format chunk';
  const form = PLAYABLE[bytes.readUInt16LE(at)];
  if (form === undefined) return `has an encoding that cannot be played (tag ${bytes.readUInt16LE(at)})`;
  if (bytes.readUInt16LE(at + 2) !== 1) return 'is not mono';
  if (!RATES.includes(bytes.readUInt32LE(at + 4))) return `has a rate of ${bytes.readUInt32LE(at + 4)} Hz, not 8000`;
  const bits = bytes.readUInt16LE(at + 14);
  return form.bits.includes(bits) ? null : `is ${form.name} of ${bits} bits, which cannot be played`;
}

/** Where the content of `fmt ` begins; null when there is none with all its 16 bytes in the head. */
function formatChunk(bytes: Buffer): number | null {
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'fmt ') return size >= 16 && at + 24 <= bytes.length ? at + 8 : null;
    at += 8 + size + (size % 2);
  }
  return null;
}
