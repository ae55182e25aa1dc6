import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, it, expect } from '@jest/globals';
import { decodeMulaw, encodeMulaw, writeRtpHeader } from '#libs/media';
import { finished, OwnerLog, record, sleep } from '../testing/recorded-call.js';
import { findAudio, markedAudio, packetize, RtpPeer, type PreparedPacket } from '../testing/rtp-sender.js';
import { testSpec } from '../testing/specs.js';
import { withNode } from '../testing/live-node.js';
import type { LiveCallMedia } from './live-call-media.js';
import type { MediaNode } from './media-node.js';
import type { RtpLegOptions } from './rtp/rtp-leg.js';
import { STATIC_PAYLOAD_TYPES } from './rtp/payload-types.js';

const CALLER: RtpLegOptions = { kind: 'rtp', party: 'caller', payloadTypes: STATIC_PAYLOAD_TYPES };

function encode(frame: Int16Array): Uint8Array {
  const out = new Uint8Array(frame.length);
  encodeMulaw(frame, out);
  return out;
}

function decode(payload: Uint8Array): Int16Array {
  const out = new Int16Array(payload.length);
  decodeMulaw(payload, out);
  return out;
}

function open(node: MediaNode, legs: readonly RtpLegOptions[], listener = new OwnerLog(), mediaTimeoutMs: number | null = null): Promise<LiveCallMedia> {
  return node.openCall({ callRef: 'call', legs, listener, mediaTimeoutMs });
}

function target(call: LiveCallMedia, index = 0): { address: string; port: number } {
  const endpoint = call.endpoints[index];
  if (endpoint?.kind !== 'rtp') throw new Error('No RTP leg');
  return endpoint;
}

/** Sends the packets in real time from a thread of its own, which a busy main thread does not hold up. */
async function sendFromThread(port: number, packets: readonly PreparedPacket[]): Promise<void> {
  const program = `
    const { workerData } = require('node:worker_threads');
    const socket = require('node:dgram').createSocket('udp4');
    const begun = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      for (; sent < workerData.bytes.length && sent * 20 <= performance.now() - begun; sent++) socket.send(workerData.bytes[sent], workerData.port, '127.0.0.1');
      if (sent < workerData.bytes.length) return;
      clearInterval(timer);
      setTimeout(() => socket.close(), 100);
    }, 5);`;
  const bytes = packets.map(({ payload, sequenceNumber, timestamp }) => {
    const packet = new Uint8Array(12 + payload.length);
    writeRtpHeader(packet, { payloadType: 0, marker: false, sequenceNumber, timestamp, ssrc: 1 });
    packet.set(payload, 12);
    return packet;
  });
  await once(new Worker(program, { eval: true, workerData: { port, bytes } }), 'exit');
}

describe('a process that is held up', () => {
  it('makes it good without losing a sample', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [CALLER]);
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1 }));
      const peer = await RtpPeer.open();
      const voice = markedAudio(16_000);
      const packets = packetize(voice, 8000, encode);
      await peer.stream(target(call), packets.slice(0, 30));
      // The sender lives in this process too: what it would have sent meanwhile waits in the socket.
      for (const late of packets.slice(30, 80)) peer.sendNow(target(call), late);
      const until = performance.now() + 1000;
      while (performance.now() < until);
      await peer.stream(target(call), packets.slice(80).map((each) => ({ ...each, atMs: each.atMs - 1600 })));
      await sleep(50);
      call.hangup(null);
      const { audio, result } = await finished(recording);
      const heard = audio[0] ?? new Int16Array(0);
      const at = findAudio(heard, decode(encode(voice)));
      expect(at).toBeGreaterThanOrEqual(0);
      expect(Buffer.compare(Buffer.from(heard.slice(at, at + 16_000).buffer), Buffer.from(decode(encode(voice)).buffer))).toBe(0);
      expect(result.media[0]).toMatchObject({ packetsLost: 0, packetsLate: 0 });
    });
  });

  it('while the first audio arrives still has the last of it when the call ends at once', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [CALLER]);
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1 }));
      const voice = markedAudio(50 * 160);
      const sent = sendFromThread(target(call).port, packetize(voice, 8000, encode));
      const until = performance.now() + 1000;
      while (performance.now() < until);
      await sent;
      call.hangup(null);
      const { audio, result } = await finished(recording);
      const heard = decode(encode(voice));
      expect(findAudio(audio[0] ?? new Int16Array(0), heard, heard.length)).toBeGreaterThanOrEqual(0);
      expect(result.media[0]).toMatchObject({ packetsReceived: 50, packetsLost: 0, packetsLate: 0 });
    });
  });

  it('for long says so, refuses further calls, and accounts for every packet that is not in the recording', async () => {
    await withNode(
      async (node, spool) => {
        const call = await open(node, [CALLER]);
        const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1 }));
        const voice = markedAudio(150 * 160);
        const sent = sendFromThread(target(call).port, packetize(voice, 8000, encode));
        // Most of the time nothing is done about what arrives.
        for (let round = 0; round < 6; round++) {
          const until = performance.now() + 450;
          while (performance.now() < until);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await sleep(25);
        expect(node.load.lagMs).toBeGreaterThan(250);
        await expect(open(node, [CALLER])).rejects.toMatchObject({ code: 'node.full', message: expect.stringContaining('late') });
        await sent;
        await sleep(600);
        call.hangup(null);
        const { audio, result } = await finished(recording);
        const { packetsReceived = 0, packetsLost = 0, packetsLate = 0 } = result.media[0] ?? {};
        expect(packetsReceived + packetsLost).toBe(150);
        let heard = audio[0] ?? new Int16Array(0);
        let missing = 0;
        for (let at = 0; at < voice.length; at += 160) {
          const found = findAudio(heard, decode(encode(voice.subarray(at, at + 160))));
          if (found < 0) missing++;
          else heard = heard.subarray(found + 160);
        }
        expect(missing).toBe(packetsLost + packetsLate);
      },
      { maxLagMs: 250 },
    );
  });

  it('once and for less than half a second keeps no call away', async () => {
    await withNode(
      async (node) => {
        await open(node, [CALLER]);
        await sleep(1000);
        const until = performance.now() + 400;
        while (performance.now() < until);
        await sleep(25);
        expect(node.load.lagMs).toBeGreaterThan(50);
        expect((await open(node, [CALLER])).endpoints).toHaveLength(1);
      },
      { maxLagMs: 250 },
    );
  });
});
