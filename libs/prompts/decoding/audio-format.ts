/** What a file's surroundings say about it; used only where its content does not tell. */
export interface AudioHint {
  /** Content type that came with it, or null. */
  readonly contentType: string | null;
  /** Last part of its name or path, or null. */
  readonly name: string | null;
}

export type AudioContainer = 'wav' | 'au' | 'mp3' | 'mulaw';

const RAW_MULAW = { type: /^audio\/(basic|x-mulaw|mulaw|pcmu)\b/i, name: /\.(ul|ulaw|mulaw|pcmu)$/i };
const MPEG = { type: /^audio\/(mpeg|mp3|x-mp3|mpeg3)\b/i, name: /\.(mp3|mp2|mpga)$/i };

/**
 * Tells the container of a file by its first bytes; raw µ-law, which has no mark, by type or name. Null: none that can
 * be played.
 */
export function audioContainer(bytes: Uint8Array, hint: AudioHint): AudioContainer | null {
  const magic = ascii(bytes, 0, 4);
  if ((magic === 'RIFF' || magic === 'RF64') && ascii(bytes, 8, 4) === 'WAVE') return 'wav';
  if (magic === '.snd') return 'au';
  if (magic.startsWith('ID3')) return 'mp3';
  // Code words of quiet µ-law look like the sync word of MPEG: what is said of the file counts first.
  if (fits(RAW_MULAW, hint)) return 'mulaw';
  return isMpegFrame(bytes) || fits(MPEG, hint) ? 'mp3' : null;
}

/** The header of an MPEG audio frame: sync word, and no value that the standard reserves. */
function isMpegFrame(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  const sync = first === 0xff && (second & 0xe0) === 0xe0;
  const version = (second >> 3) & 3;
  const layer = (second >> 1) & 3;
  return sync && version !== 1 && layer !== 0 && third >> 4 !== 15 && ((third >> 2) & 3) !== 3;
}

function fits(rule: { readonly type: RegExp; readonly name: RegExp }, hint: AudioHint): boolean {
  return rule.type.test(hint.contentType?.trim() ?? '') || rule.name.test(hint.name ?? '');
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
