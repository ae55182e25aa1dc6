import { describe, it, expect } from '@jest/globals';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeL16, encodeMulaw, writeTelephoneEvent } from '#libs/media';
import { finished, OwnerLog, record, sleep } from '../../testing/recorded-call.js';
import { findAudio, markedAudio, packetize, RtpPeer, type PreparedPacket } from '../../testing/rtp-sender.js';
import { testSpec } from '../../testing/specs.js';
import { withNode } from '../../testing/live-node.js';
import type { LiveCallMedia } from '../live-call-media.js';
import type { RtpCodec } from './payload-types.js';

const RATE = 8000;
const FRAME = 160;
const SECOND_AND_HALF = 75;

const CODECS: Record<RtpCodec, { encode: (frame: Int16Array) => Uint8Array; decode: (bytes: Uint8Array) => Int16Array }> = {
  PCMU: { encode: (frame) => into(new Uint8Array(frame.length), (out) => encodeMulaw(frame, out)), decode: (bytes) => into(new Int16Array(bytes.length), (out) => decodeMulaw(bytes, out)) },
  PCMA: { encode: (frame) => into(new Uint8Array(frame.length), (out) => encodeAlaw(frame, out)), decode: (bytes) => into(new Int16Array(bytes.length), (out) => decodeAlaw(bytes, out)) },
  L16: { encode: (frame) => into(new Uint8Array(frame.length * 2), (out) => encodeL16(frame, out)), decode: () => new Int16Array(0) },
};

function into<T>(out: T, fill: (out: T) => void): T {
  fill(out);
  return out;
}

function rtpEndpoint(call: LiveCallMedia, index = 0): { address: string; port: number } {
  const endpoint = call.endpoints[index];
  if (endpoint?.kind !== 'rtp') throw new Error('No RTP leg');
  return endpoint;
}

/** Sends the packets into a mono call and gives what was recorded from the first sent sample on. */
async function recordedFrom(packets: readonly PreparedPacket[], first: Int16Array, settle = 60) {
  let heard: Int16Array = new Int16Array(0);
  let media = undefined as Awaited<ReturnType<typeof finished>>['result']['media'][number] | undefined;
  await withNode(async (node, spool) => {
    const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'caller', payloadTypes: [{ payloadType: 97, codec: 'L16', sampleRate: RATE }], inbandKeys: false }], listener: new OwnerLog() });
    const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1 }));
    const peer = await RtpPeer.open();
    await peer.stream(rtpEndpoint(call), packets.map((packet) => ({ payloadType: 97, ...packet })));
    await sleep(settle);
    call.hangup('caller');
    const { result, audio } = await finished(recording);
    peer.close();
    const samples = audio[0] ?? new Int16Array(0);
    const at = findAudio(samples, first);
    expect(at).toBeGreaterThanOrEqual(0);
    heard = samples.subarray(at);
    media = result.media[0];
    expect(result).toMatchObject({ reason: 'hangup', hangupBy: 'caller', sampleRate: RATE, channels: 1 });
  });
  return { heard, media };
}

/** The audio with the given frames silent. */
function withSilence(audio: Int16Array, frames: readonly number[]): Int16Array {
  const copy = Int16Array.from(audio);
  for (const frame of frames) copy.fill(0, frame * FRAME, (frame + 1) * FRAME);
  return copy;
}

const sent = markedAudio(SECOND_AND_HALF * FRAME);
const clean = packetize(sent, RATE, CODECS.L16.encode);
const head = sent.subarray(0, FRAME);
const startsWith = (heard: Int16Array, expected: Int16Array): void => expect(Buffer.compare(bytesOf(heard.subarray(0, expected.length)), bytesOf(expected))).toBe(0);
const bytesOf = (samples: Int16Array): Buffer => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

describe('audio that arrives as RTP', () => {
  it.concurrent.each(['PCMU', 'PCMA'] as const)('is recorded sample by sample on both legs (%s)', async (codec) => {
    const { encode, decode } = CODECS[codec];
    await withNode(async (node, spool) => {
      const payloadTypes = [{ payloadType: codec === 'PCMU' ? 0 : 8, codec, sampleRate: 8000 as const }];
      const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'caller', payloadTypes }, { kind: 'rtp', party: 'callee', payloadTypes }], listener: new OwnerLog() });
      const recording = record(call, spool, 'r', testSpec());
      const voices = [markedAudio(12_000, 3), markedAudio(12_000, 5)];
      const peers = [await RtpPeer.open(), await RtpPeer.open()];
      await Promise.all(voices.map(async (voice, leg) => await peers[leg]?.stream(rtpEndpoint(call, leg), packetize(voice, RATE, encode).map((packet) => ({ ...packet, payloadType: payloadTypes[0]?.payloadType ?? 0 })))));
      await sleep(40);
      call.hangup(null);
      const { audio, result } = await finished(recording);
      voices.forEach((voice, leg) => {
        const expected = decode(encode(voice));
        const at = findAudio(audio[leg] ?? new Int16Array(0), expected);
        startsWith((audio[leg] ?? new Int16Array(0)).subarray(at), expected);
      });
      expect(result.media).toMatchObject([
        { party: 'caller', packetsReceived: 75, packetsLost: 0, packetsLate: 0, packetsDuplicated: 0 },
        { party: 'callee', packetsReceived: 75, packetsLost: 0, packetsLate: 0, packetsDuplicated: 0 },
      ]);
      for (const peer of peers) peer.close();
    });
  });

  it.concurrent('is recorded at 16 kHz, and at 8 kHz at the same time', async () => {
    await withNode(async (node, spool) => {
      const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'conference', payloadTypes: [{ payloadType: 100, codec: 'L16', sampleRate: 16000 }] }], listener: new OwnerLog() });
      const wide = record(call, spool, 'wide', testSpec({ parties: 'conference', channels: 1, sampleRate: 16000 }));
      const narrow = record(call, spool, 'narrow', testSpec({ parties: 'conference', channels: 1 }));
      const voice = markedAudio(16_000);
      const peer = await RtpPeer.open();
      await peer.stream(rtpEndpoint(call), packetize(voice, 16000, CODECS.L16.encode).map((packet) => ({ ...packet, payloadType: 100 })));
      await sleep(40);
      call.hangup(null);
      const heard = (await finished(wide)).audio[0] ?? new Int16Array(0);
      startsWith(heard.subarray(findAudio(heard, voice)), voice);
      // The two starts may fall into different milliseconds.
      const [atNarrow, atWide] = [(await finished(narrow)).result, (await finished(wide)).result];
      const laterMs = atNarrow.mediaStartMs - atWide.mediaStartMs;
      expect(atNarrow.capturedSamples * 2 + laterMs * 16).toBe(atWide.capturedSamples);
      peer.close();
    });
  });

  it.concurrent('has silence where packets were lost', async () => {
    const lost = [7, 20, 21, 22, 50];
    const { heard, media } = await recordedFrom(clean.filter((_packet, frame) => !lost.includes(frame)), head);
    startsWith(heard, withSilence(sent, lost));
    expect(media).toMatchObject({ packetsReceived: 70, packetsLost: 5, gaps: 3, gapSamples: 5 * FRAME });
  });

  it.concurrent('is put in order when packets overtake each other, come twice or late', async () => {
    const jittered = clean.map((packet, frame) => (frame === 0 ? packet : { ...packet, atMs: packet.atMs + ((frame * 97) % 200) }));
    const twice = jittered.filter((_packet, frame) => frame % 5 === 0).map((packet) => ({ ...packet, atMs: packet.atMs + 30 }));
    const { heard, media } = await recordedFrom([...jittered, ...twice], head, 150);
    startsWith(heard, sent);
    expect(media).toMatchObject({ packetsReceived: 90, packetsLost: 0, packetsDuplicated: 15, packetsLate: 0, gaps: 0 });
  });

  it.concurrent('goes on when the sender changes its SSRC or its timestamps', async () => {
    const changed = clean.map((packet, frame) => ({
      ...packet,
      ssrc: frame < 25 ? 1 : 2,
      sequenceNumber: frame < 25 ? packet.sequenceNumber : packet.sequenceNumber + 30_000,
      timestamp: packet.timestamp + (frame < 25 ? 0 : 123_456_789) + (frame < 50 ? 0 : 900_000),
    }));
    const { heard, media } = await recordedFrom(changed, head);
    // The last packet before the change may be covered by the first after it, which lies where it arrived.
    startsWith(heard, sent.subarray(0, 24 * FRAME));
    for (const begin of [25, 50]) {
      const part = sent.subarray(begin * FRAME, (begin + 20) * FRAME);
      const at = findAudio(heard, part);
      startsWith(heard.subarray(at), part);
      // Tied anew to the arrival: off by no more than the sender's own unevenness.
      expect(Math.abs(at - begin * FRAME)).toBeLessThan(0.3 * RATE);
    }
    expect(media).toMatchObject({ packetsReceived: 75, packetsLost: 0 });
  });

  it.concurrent('has silence where the sender was silent (DTX)', async () => {
    const talk = clean.filter((_packet, frame) => frame < 20 || frame >= 50).map((packet, index) => ({ ...packet, sequenceNumber: 1 + index }));
    const { heard, media } = await recordedFrom(talk, head);
    startsWith(heard, withSilence(sent, Array.from({ length: 30 }, (_, index) => 20 + index)));
    expect(media).toMatchObject({ packetsLost: 0, gaps: 1, gapSamples: 30 * FRAME });
  });

  it.concurrent('is in the recording up to the key that ends it, also where it came in a rush', async () => {
    await withNode(async (node, spool) => {
      const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'caller', payloadTypes: [{ payloadType: 97, codec: 'L16', sampleRate: RATE }] }], listener: new OwnerLog() });
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, stopKeys: '#' }));
      const key = new Uint8Array(4);
      writeTelephoneEvent(key, 0, { key: '#', end: true, volume: 10, duration: FRAME });
      const stream = clean.slice(0, 60).map((packet, frame) => ({ ...packet, atMs: 0, ...(frame === 40 ? { payload: key, payloadType: 101, marker: true } : { payloadType: 97 }) }));
      const peer = await RtpPeer.open();
      await peer.stream(rtpEndpoint(call), stream);
      const { result, audio } = await finished(recording);
      expect(result).toMatchObject({ reason: 'stopKey', key: '#' });
      const heard = audio[0] ?? new Int16Array(0);
      const at = findAudio(heard, head);
      // To the whole millisecond.
      expect(Math.floor((heard.length - at) / 8)).toBe(40 * 20);
      startsWith(heard.subarray(at), sent.subarray(0, 40 * FRAME));
      peer.close();
    });
  });

  it.concurrent.each([
    ['negotiated', { telephoneEvent: 101 }],
    ['come unannounced, under the usual payload type', {}],
  ])('is not mistaken for lost where key presses that are %s share its sequence numbers', async (_, announced) => {
    await withNode(async (node, spool) => {
      const owner = new OwnerLog();
      const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'callee', ...announced, payloadTypes: [{ payloadType: 97, codec: 'L16', sampleRate: RATE }] }], listener: owner });
      const recording = record(call, spool, 'r', testSpec({ parties: 'callee', channels: 1, stopKeys: '#' }));
      const stream: PreparedPacket[] = [];
      const press = (key: string, frame: number, count: number): void => {
        for (let index = 0; index < count; index++) {
          const payload = new Uint8Array(4);
          writeTelephoneEvent(payload, 0, { key, end: index >= count - 3, volume: 10, duration: FRAME * (index + 1) });
          stream.push({ atMs: (frame + index) * 20, sequenceNumber: 100 + frame + index, timestamp: 5000 + frame * FRAME, payload, payloadType: 101, marker: index === 0 });
        }
      };
      for (const [frame, packet] of clean.entries()) if ((frame < 20 || frame >= 28) && frame < 60) stream.push({ ...packet, payloadType: 97 });
      press('5', 20, 8);
      press('#', 60, 8);
      const peer = await RtpPeer.open();
      await peer.stream(rtpEndpoint(call), stream);
      const { result, audio } = await finished(recording);
      expect(result).toMatchObject({ reason: 'stopKey', key: '#', media: [{ packetsLost: 0, packetsReceived: 68 }] });
      expect(owner.keys.map(({ key, party }) => key + party)).toEqual(['5callee', '#callee']);
      const heard = audio[0] ?? new Int16Array(0);
      const expected = withSilence(sent, [20, 21, 22, 23, 24, 25, 26, 27]).subarray(0, 55 * FRAME);
      startsWith(heard.subarray(findAudio(heard, head)), expected);
      peer.close();
    });
  });

  it.concurrent('is counted, though nothing of it is kept', async () => {
    await withNode(async (node, spool) => {
      const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'caller', payloadTypes: [{ payloadType: 97, codec: 'L16', sampleRate: RATE }] }], listener: new OwnerLog() });
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, start: 'onFirstSound' }));
      const silence = Array.from({ length: 10 }, (_, frame) => ({ atMs: frame * 20, sequenceNumber: 100 + frame, timestamp: 5000 + frame * FRAME, payload: new Uint8Array(FRAME * 2), payloadType: 97 }));
      const peer = await RtpPeer.open();
      await peer.stream(rtpEndpoint(call), silence);
      await sleep(60);
      call.hangup('caller');
      expect(await recording.outcome).toMatchObject({ kind: 'absent', reason: 'hangup', media: [{ party: 'caller', packetsReceived: 10, rmsDbfs: null }] });
      peer.close();
    });
  });
});
