import { randomInt } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createRtpHeader, type RtpHeader } from '#libs/media';
import { withNode } from '../../testing/live-node.js';
import { Phone } from '../../testing/phones.js';
import { finished, OwnerLog, record, sleep } from '../../testing/recorded-call.js';
import { testSpec } from '../../testing/specs.js';
import { levelOf, tone } from '../../testing/tones.js';
import type { LiveCallMedia } from '../live-call-media.js';
import type { MediaNode } from '../media-node.js';
import { STATIC_PAYLOAD_TYPES } from './payload-types.js';
import { StrayStreams } from './former-streams.js';

const QUIET = 100;

const open = (node: MediaNode): Promise<LiveCallMedia> =>
  node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'caller', payloadTypes: STATIC_PAYLOAD_TYPES.filter(({ codec }) => codec === 'PCMU') }], listener: new OwnerLog() });

describe('a phone that has not heard that its call is over', () => {
  it.concurrent('is not heard in the next call on its port, whose own party is', async () => {
    const port = randomInt(5_000, 30_000) * 2;
    await withNode(
      async (node, spool) => {
        const first = await open(node);
        const { endpoints } = first;
        const [old, stray] = [await Phone.at(first), await Phone.at(first)];
        await old.says(tone(600, 100));
        await stray.says(tone(700, 40));
        await first.close();
        const both = Promise.all([old.says(tone(600, 1500)), stray.says(tone(700, 1500))]);
        await sleep(100);
        const next = await open(node);
        expect(next.endpoints).toEqual(endpoints);
        const recording = record(next, spool, 'r', testSpec({ parties: 'caller', channels: 1 }));
        await sleep(200);
        await (await Phone.at(next)).says(tone(1000, 600));
        await both;
        next.hangup('caller');
        const { audio } = await finished(recording);
        const heard = audio[0] ?? new Int16Array(0);
        expect(levelOf(heard, 1000)).toBeGreaterThan(4000);
        expect([600, 700].map((hz) => levelOf(heard, hz) < QUIET)).toEqual([true, true]);
      },
      { rtp: { address: '127.0.0.1', from: port, to: port } },
    );
  });

  it.concurrent('is heard when it begins a call of its own, though with the same SSRC from the same socket', async () => {
    const port = randomInt(5_000, 30_000) * 2;
    await withNode(
      async (node, spool) => {
        const first = await open(node);
        const phone = await Phone.at(first);
        const [endpoint] = first.endpoints;
        if (endpoint?.kind !== 'rtp') throw new Error('No RTP leg');
        await phone.says(tone(600, 200));
        await first.close();
        const next = await open(node);
        const recording = record(next, spool, 'r', testSpec({ parties: 'caller', channels: 1 }));
        const payload = new Uint8Array(160).fill(0x20);
        for (let index = 0; index < 30; index++) {
          phone.peer.sendNow(endpoint, { sequenceNumber: index, timestamp: 500_000_000 + index * 160, payload });
          await sleep(20);
        }
        await sleep(100);
        next.hangup('caller');
        const { result } = await finished(recording);
        expect(result.media[0]?.packetsReceived).toBe(30);
      },
      { rtp: { address: '127.0.0.1', from: port, to: port } },
    );
  });
});

describe('streams that are not of a call', () => {
  const from = { address: '10.0.0.1', port: 4000, family: 'IPv4', size: 172 } as const;
  const at = (timestamp: number, ssrc = 7): RtpHeader => ({ ...createRtpHeader(), timestamp, ssrc });

  it('are known by sender, SSRC and a time that goes on with the clock, also past its wrap', () => {
    const streams = new StrayStreams();
    streams.note(from, at(2 ** 32 - 8000), 8000, 1000);
    expect(streams.goesOn(from, at(8000), 3000)).toBe(true);
    expect(streams.goesOn(from, at(8000 + 60 * 8000), 63_000)).toBe(true);
    expect(streams.goesOn(from, at(0), 64_000)).toBe(false);
    expect(streams.goesOn({ ...from, port: 4002 }, at(500_000), 64_000)).toBe(false);
    expect(streams.goesOn(from, at(500_000, 8), 64_000)).toBe(false);
  });

  it('are few: those that were silent for longest are forgotten', () => {
    const streams = new StrayStreams();
    for (let ssrc = 0; ssrc < 20; ssrc++) streams.note(from, at(0, ssrc), 8000, ssrc);
    expect(streams.seen.map(({ ssrc }) => ssrc)).toEqual([19, 18, 17, 16, 15, 14, 13, 12]);
  });
});
