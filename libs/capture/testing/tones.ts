import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw, goertzelPower, writeTone } from '#libs/media';
import type { ReceivedPacket } from './rtp-sender.js';

/** A sine tone; frequencies that are multiples of 10 Hz do not show in each other's levels. */
export function tone(frequencyHz: number, durationMs: number, amplitude = 6000, sampleRate = 8000): Int16Array {
  const samples = new Int16Array((durationMs * sampleRate) / 1000);
  writeTone(samples, 0, samples.length, { frequencyHz, sampleRate, amplitude });
  return samples;
}

/**
 * Amplitude of a tone between the first sound and the last, over 100 ms each, and of these the one that four fifths do not
 * exceed: a machine that is busy may hold audio up here and there.
 */
export function levelOf(samples: Int16Array, frequencyHz: number, sampleRate = 8000): number {
  const window = sampleRate / 10;
  const first = samples.findIndex(isSound);
  const last = samples.findLastIndex(isSound);
  const levels: number[] = [];
  for (let at = first; first >= 0 && at + window <= last; at += window) levels.push(Math.sqrt(2 * goertzelPower(samples, at, at + window, frequencyHz, sampleRate)));
  return levels.toSorted((a, b) => a - b)[Math.floor((levels.length - 1) * 0.8)] ?? 0;
}

/** Whether a sample is louder than the smallest steps of G.711. */
export function isSound(sample: number): boolean {
  return Math.abs(sample) > 100;
}

export const G711 = {
  PCMU: { payloadType: 0, encode: encodeMulaw, decode: decodeMulaw },
  PCMA: { payloadType: 8, encode: encodeAlaw, decode: decodeAlaw },
} as const;

/** What a peer was sent, packet after packet. */
export function decoded(packets: readonly Pick<ReceivedPacket, 'payload'>[], codec: keyof typeof G711): Int16Array {
  const samples = new Int16Array(packets.reduce((sum, { payload }) => sum + payload.length, 0));
  let at = 0;
  for (const { payload } of packets) {
    G711[codec].decode(payload, samples, at);
    at += payload.length;
  }
  return samples;
}

/** One packet's payload. */
export function encoded(frame: Int16Array, codec: keyof typeof G711): Uint8Array {
  const payload = new Uint8Array(frame.length);
  G711[codec].encode(frame, payload);
  return payload;
}
