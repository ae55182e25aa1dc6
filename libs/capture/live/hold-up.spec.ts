import { describe, it, expect } from '@jest/globals';
import { decodeMulaw, encodeMulaw } from '#libs/media';
import { finished, OwnerLog, record, sleep } from '../testing/recorded-call.js';
import { findAudio, markedAudio, packetize, RtpPeer } from '../testing/rtp-sender.js';
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

  it('takes no further calls for a while', async () => {
    await withNode(
      async (node) => {
        await open(node, [CALLER]);
        await sleep(50);
        const until = performance.now() + 400;
        while (performance.now() < until);
        await sleep(25);
        await expect(open(node, [CALLER])).rejects.toMatchObject({ code: 'node.full', message: expect.stringContaining('late') });
      },
      { maxLagMs: 250 },
    );
  });
});
