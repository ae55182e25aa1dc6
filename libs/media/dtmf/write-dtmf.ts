import { COLUMN_HZ, KEY_PAD, ROW_HZ } from './dtmf-keys.js';

/**
 * Writes the tone pair of a key over `dst[from..to)`.
 * @param key one of `0-9*#A-D`
 * @param amplitude peak amplitude of each of the two tones; up to 16383 nothing clips
 * @param startSample position within the tone of the first sample written
 * @throws RangeError when there is no such key
 */
export function writeDtmf(
  dst: Int16Array,
  from: number,
  to: number,
  key: string,
  sampleRate: number,
  amplitude: number,
  startSample = 0,
): void {
  const row = KEY_PAD.findIndex((keys) => key.length === 1 && keys.includes(key.toUpperCase()));
  const rowHz = ROW_HZ[row];
  const columnHz = COLUMN_HZ[KEY_PAD[row]?.indexOf(key.toUpperCase()) ?? -1];
  if (rowHz === undefined || columnHz === undefined) throw new RangeError(`"${key}" is not a key of the pad`);
  const low = (2 * Math.PI * rowHz) / sampleRate;
  const high = (2 * Math.PI * columnHz) / sampleRate;
  for (let i = from; i < to; i++) {
    const t = startSample + i - from;
    const sum = Math.round(amplitude * (Math.sin(low * t) + Math.sin(high * t)));
    dst[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
  }
}
