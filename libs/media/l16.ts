/** Decodes the big-endian PCM 16 of `src[from..to)` (RTP L16, RFC 3551 §4.5.11). A dangling last byte is ignored. */
export function decodeL16(src: Uint8Array, dst: Int16Array, dstOffset = 0, from = 0, to = src.length): void {
  for (let i = from, d = dstOffset; i + 1 < to; i += 2, d++) {
    dst[d] = ((src[i] as number) << 8) | (src[i + 1] as number);
  }
}

/** Encodes PCM 16 as big-endian bytes (RTP L16, RFC 3551 §4.5.11): two bytes a sample from `dstOffset` on. */
export function encodeL16(src: Int16Array, dst: Uint8Array, dstOffset = 0): void {
  for (let i = 0; i < src.length; i++) {
    const sample = src[i] as number;
    dst[dstOffset + 2 * i] = sample >> 8;
    dst[dstOffset + 2 * i + 1] = sample;
  }
}
