/** The code word of silence in µ-law. */
export const MULAW_SILENCE = 0xff;
/** The code word of silence in A-law. */
export const ALAW_SILENCE = 0xd5;

const MULAW_BIAS = 132;
const MULAW_CLIP = 32635;

const MULAW_TO_LINEAR = new Int16Array(256).map((_, code) => mulawToLinear(code));
const ALAW_TO_LINEAR = new Int16Array(256).map((_, code) => alawToLinear(code));
const LINEAR_TO_MULAW = new Uint8Array(65536).map((_, word) => linearToMulaw((word << 16) >> 16));
const LINEAR_TO_ALAW = new Uint8Array(65536).map((_, word) => linearToAlaw((word << 16) >> 16));

/** Decodes the µ-law code words `src[from..to)` to linear PCM 16, one sample a byte. `dst` must have room from `dstOffset` on. */
export function decodeMulaw(src: Uint8Array, dst: Int16Array, dstOffset = 0, from = 0, to = src.length): void {
  expand(MULAW_TO_LINEAR, src, dst, dstOffset, from, to);
}

/** Decodes the A-law code words `src[from..to)` to linear PCM 16, one sample a byte. `dst` must have room from `dstOffset` on. */
export function decodeAlaw(src: Uint8Array, dst: Int16Array, dstOffset = 0, from = 0, to = src.length): void {
  expand(ALAW_TO_LINEAR, src, dst, dstOffset, from, to);
}

/** Encodes linear PCM 16 as µ-law by the decision values of the standard. `dst` must have room from `dstOffset` on. */
export function encodeMulaw(src: Int16Array, dst: Uint8Array, dstOffset = 0): void {
  compress(LINEAR_TO_MULAW, src, dst, dstOffset);
}

/** Encodes linear PCM 16 as A-law by the decision values of the standard. `dst` must have room from `dstOffset` on. */
export function encodeAlaw(src: Int16Array, dst: Uint8Array, dstOffset = 0): void {
  compress(LINEAR_TO_ALAW, src, dst, dstOffset);
}

function expand(table: Int16Array, src: Uint8Array, dst: Int16Array, at: number, from: number, to: number): void {
  for (let i = from, d = at; i < to; i++, d++) dst[d] = table[src[i] as number] as number;
}

function compress(table: Uint8Array, src: Int16Array, dst: Uint8Array, dstOffset: number): void {
  for (let i = 0; i < src.length; i++) dst[dstOffset + i] = table[(src[i] as number) & 0xffff] as number;
}

/** ITU-T G.711 table 2, scaled from 14 to 16 bits. */
function mulawToLinear(code: number): number {
  const bits = ~code & 0xff;
  const segment = (bits >> 4) & 7;
  const magnitude = ((((bits & 0xf) << 3) + MULAW_BIAS) << segment) - MULAW_BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}

/** ITU-T G.711 table 1 with the even bits inverted, scaled from 13 to 16 bits. */
function alawToLinear(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0xf) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function linearToMulaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), MULAW_CLIP) + MULAW_BIAS;
  const segment = 24 - Math.clz32(magnitude);
  const bits = (segment << 4) | ((magnitude >> (segment + 3)) & 0xf);
  return (sample < 0 ? ~(bits | 0x80) : ~bits) & 0xff;
}

function linearToAlaw(sample: number): number {
  const magnitude = sample < 0 ? -sample - 1 : sample;
  const segment = Math.max(0, 24 - Math.clz32(magnitude));
  const bits = (segment << 4) | ((magnitude >> (segment === 0 ? 4 : segment + 3)) & 0xf);
  return (sample < 0 ? bits : bits | 0x80) ^ 0x55;
}
