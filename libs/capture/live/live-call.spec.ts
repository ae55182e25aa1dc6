import { describe, it, expect } from '@jest/globals';
import { decodeMulaw, encodeMulaw, goertzelPower, writeTone } from '#libs/media';
import { finished, OwnerLog, record, sleep } from '../testing/recorded-call.js';
import { findAudio, markedAudio, packetize, RtpPeer } from '../testing/rtp-sender.js';
import { testSpec } from '../testing/specs.js';
import { withNode } from '../testing/live-node.js';
import type { LiveCallMedia } from './live-call-media.js';
import type { MediaNode } from './media-node.js';
import type { RtpLegOptions } from './rtp/rtp-leg.js';
import { STATIC_PAYLOAD_TYPES } from './rtp/payload-types.js';

const CALLER: RtpLegOptions = { kind: 'rtp', party: 'caller', payloadTypes: STATIC_PAYLOAD_TYPES };
const CALLEE: RtpLegOptions = { kind: 'rtp', party: 'callee', payloadTypes: STATIC_PAYLOAD_TYPES };

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

const packet = (index: number, payload = encode(new Int16Array(160).fill(1000))) => ({ sequenceNumber: index, timestamp: index * 160, payload });

describe('the media of a live call', () => {
  it.concurrent('asks for even ports and gives them back', async () => {
    await withNode(async (node) => {
      const calls = await Promise.all([open(node, [CALLER, CALLEE]), open(node, [CALLER])]);
      const ports = calls.flatMap((call) => call.endpoints.map((endpoint) => (endpoint.kind === 'rtp' ? endpoint.port : 1)));
      expect(new Set(ports).size).toBe(3);
      expect(ports.every((port) => port % 2 === 0)).toBe(true);
      expect(node.load.calls).toBe(2);
      await Promise.all(calls.map((call) => call.close()));
      expect(node.load.calls).toBe(0);
    });
  });

  it.concurrent('listens to the signalled sender only', async () => {
    await withNode(async (node) => {
      const [right, wrong] = [await RtpPeer.open(), await RtpPeer.open()];
      const call = await open(node, [{ ...CALLER, remote: { address: '127.0.0.1', port: right.port } }]);
      wrong.sendNow(target(call), packet(1));
      await sleep(50);
      expect(call.counts()[0]?.packetsReceived).toBe(0);
      right.sendNow(target(call), packet(2));
      wrong.sendNow(target(call), packet(3));
      await sleep(50);
      expect(call.counts()[0]?.packetsReceived).toBe(1);
      call.renegotiate('caller', { address: '127.0.0.1', port: wrong.port });
      wrong.sendNow(target(call), packet(3));
      right.sendNow(target(call), packet(4));
      await sleep(50);
      expect(call.counts()[0]?.packetsReceived).toBe(2);
    });
  });

  it.concurrent('keeps to the first sender of valid RTP until the media is negotiated anew', async () => {
    await withNode(async (node) => {
      const call = await open(node, [CALLER]);
      const [noise, first, second] = [await RtpPeer.open(), await RtpPeer.open(), await RtpPeer.open()];
      noise.sendNow(target(call), { ...packet(1), payloadType: 77 });
      await sleep(30);
      first.sendNow(target(call), packet(1));
      await sleep(30);
      second.sendNow(target(call), packet(2));
      await sleep(30);
      call.play({ kind: 'tone', frequencyHz: 1000, durationMs: 40, toward: ['caller'] }, () => undefined);
      await sleep(120);
      expect(call.counts()[0]?.packetsReceived).toBe(1);
      expect([noise, first, second].map(({ received }) => received.length)).toEqual([0, 2, 0]);
      call.renegotiate('caller', null);
      second.sendNow(target(call), packet(3));
      await sleep(30);
      expect(call.counts()[0]?.packetsReceived).toBe(2);
    });
  });

  it.concurrent('sends a beep to the caller before the recording and keeps it out of the file', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [CALLER]);
      const peer = await RtpPeer.open();
      const voice = markedAudio(20_000);
      const streaming = peer.stream(target(call), packetize(voice, 8000, encode));
      await sleep(60);
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, beep: true }));
      await streaming;
      call.hangup('caller');
      const { result, audio } = await finished(recording);
      const tone = peer.received.flatMap(({ payload }) => [...decode(payload)]);
      expect(tone.length).toBe(3200);
      expect(goertzelPower(Int16Array.from(tone), 0, 3200, 1000, 8000)).toBeGreaterThan(8000 ** 2 / 2.5);
      const [head] = peer.received;
      expect(peer.received.map(({ timestamp }) => (timestamp - (head?.timestamp ?? 0)) >>> 0)).toEqual(peer.received.map((_packet, index) => index * 160));
      expect(peer.received.map(({ marker }) => marker).indexOf(true)).toBe(0);
      expect(new Set(peer.received.map(({ ssrc }) => ssrc)).size).toBe(1);
      // Asked for at about 60 ms; heard one playout delay later; the recording begins when the tone has ended.
      expect(result.mediaStartMs).toBeGreaterThanOrEqual(60 + 300 + 400);
      expect(findAudio(audio[0] ?? new Int16Array(0), decode(encode(voice)).subarray(8000))).toBeGreaterThanOrEqual(0);
      expect(recording.told).toEqual(['capturing', 'finished']);
    });
  });

  it.concurrent('plays prompts at the leg’s rate, mixes, tells the end, and can be cancelled', async () => {
    await withNode(async (node) => {
      const call = await open(node, [CALLER, CALLEE]);
      const peers = [await RtpPeer.open(), await RtpPeer.open()];
      peers.forEach((peer, leg) => peer.sendNow(target(call, leg), packet(1)));
      await sleep(40);
      const samples = new Int16Array(16_000 / 5);
      writeTone(samples, 0, samples.length, { frequencyHz: 600, sampleRate: 16_000, amplitude: 6000 });
      const ended = new Promise<void>((resolve) => call.play({ kind: 'pcm', samples, sampleRate: 16_000, toward: ['callee'] }, resolve));
      const endless = call.play({ kind: 'tone', frequencyHz: 1500, durationMs: 60_000, toward: ['caller', 'callee'] }, () => undefined);
      await ended;
      endless.cancel();
      const [toCaller, toCallee] = peers.map(({ received }) => Int16Array.from(received.slice(2, 8).flatMap(({ payload }) => [...decode(payload)])));
      const powers = (audio = new Int16Array(0)): number[] => [600, 1500].map((hz) => Math.round(10 * Math.log10(goertzelPower(audio, 0, audio.length, hz, 8000) + 1)));
      expect(powers(toCaller)[0]).toBeLessThan(40);
      expect(powers(toCaller)[1]).toBeGreaterThan(70);
      expect(powers(toCallee)[0]).toBeGreaterThan(70);
      expect(powers(toCallee)[1]).toBeGreaterThan(70);
      // What was on its way when it was cancelled may still arrive; then there is nothing more.
      await sleep(300);
      const sent = peers.map(({ received }) => received.length);
      await sleep(200);
      expect(peers.map(({ received }) => received.length)).toEqual(sent);
    });
  });

  it.concurrent('tells once when nothing arrives any more, and again after it came back', async () => {
    await withNode(async (node) => {
      const owner = new OwnerLog();
      const call = await open(node, [CALLER], owner, 200);
      const peer = await RtpPeer.open();
      await sleep(400);
      expect(owner.timeouts).toBe(1);
      for (let index = 0; index < 5; index++) {
        peer.sendNow(target(call), packet(index));
        await sleep(50);
      }
      expect(owner.timeouts).toBe(1);
      await sleep(400);
      expect(owner.timeouts).toBe(2);
    });
  });

  it.concurrent('tells its owner at least every 100 ms how far media time has come', async () => {
    await withNode(async (node) => {
      const owner = new OwnerLog();
      const call = await open(node, [CALLER], owner);
      await sleep(900);
      expect(call.mediaTimeMs).toBe(owner.advances.at(-1));
      const steps = owner.advances.map((at, index) => at - (owner.advances[index - 1] ?? 0));
      expect(Math.max(...steps)).toBeLessThanOrEqual(100);
      expect(Math.min(...steps)).toBeGreaterThan(0);
    });
  });
});

describe('recordings on a live call', () => {
  it.concurrent('run side by side, pause and mask exactly, and end each by its own rule', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [CALLER]);
      const peer = await RtpPeer.open();
      const streaming = peer.stream(target(call), packetize(new Int16Array(16_000).fill(5000), 8000, encode));
      await sleep(100);
      const whole = record(call, spool, 'whole', testSpec({ parties: 'caller', channels: 1 }));
      const limited = record(call, spool, 'limited', testSpec({ parties: 'caller', channels: 1, maxDurationMs: 500 }));
      const paused = record(call, spool, 'paused', testSpec({ parties: 'caller', channels: 1 }));
      const stopped = record(call, spool, 'stopped', testSpec({ parties: 'caller', channels: 1 }));
      await sleep(200);
      paused.control.pause();
      whole.control.mask();
      await sleep(300);
      paused.control.resume();
      whole.control.unmask();
      stopped.control.stop('stopCommand');
      await streaming;
      call.hangup('callee');
      expect((await finished(limited)).result).toMatchObject({ reason: 'maxDuration', capturedSamples: 4000 });
      expect((await finished(stopped)).result).toMatchObject({ reason: 'stopCommand' });
      const full = await finished(whole);
      const short = await finished(paused);
      expect(full.result).toMatchObject({ reason: 'hangup', hangupBy: 'callee' });
      expect(paused.told).toEqual(['capturing', 'paused', 'resumed', 'finished']);
      const masked = (full.audio[0] ?? new Int16Array(0)).subarray(400, 8000).filter((sample) => sample === 0).length;
      // Commands fall on whole milliseconds, each on its own.
      expect(Math.abs(full.result.capturedSamples - short.result.capturedSamples - masked)).toBeLessThanOrEqual(16);
      expect(masked).toBeGreaterThan(2000);
    });
  });

  it.concurrent('are kept as interrupted when the call is closed', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [CALLER, CALLEE]);
      const recording = record(call, spool, 'r', testSpec());
      await sleep(450);
      await call.close();
      expect(recording.told).toEqual(['capturing', 'finished']);
      expect((await finished(recording)).result.reason).toBe('interrupted');
    });
  });

  it.concurrent('are absent when the call ends before they begin', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [CALLER]);
      const recording = record(call, spool, 'r', testSpec({ start: 'onFirstSound' }));
      await sleep(150);
      call.hangup('caller');
      expect(await recording.outcome).toMatchObject({ kind: 'absent', reason: 'hangup' });
      expect(await spool.list()).toEqual([]);
    });
  });
});

describe('a media node', () => {
  it.concurrent('refuses calls beyond its number, and legs that make no call', async () => {
    await withNode(
      async (node) => {
        await open(node, [CALLER]);
        await expect(open(node, [CALLER])).rejects.toMatchObject({ code: 'node.full' });
        await expect(open(node, [])).rejects.toMatchObject({ code: 'request.invalid' });
        await expect(open(node, [CALLER, CALLER])).rejects.toMatchObject({ code: 'request.invalid' });
      },
      { maxCalls: 1 },
    );
  });

  it.concurrent('refuses codecs it cannot receive before any port is taken', async () => {
    await withNode(async (node) => {
      const legs: RtpLegOptions[] = [
        { ...CALLER, payloadTypes: [] },
        { ...CALLER, payloadTypes: [{ payloadType: 0, codec: 'PCMU', sampleRate: 16000 }] },
        { ...CALLER, payloadTypes: [{ payloadType: 0, codec: 'PCMU', sampleRate: 8000 }, { payloadType: 97, codec: 'L16', sampleRate: 16000 }] },
        { ...CALLER, telephoneEvent: 8 },
      ];
      for (const leg of legs) await expect(open(node, [leg])).rejects.toMatchObject({ code: 'media.format' });
    });
  });

  it.concurrent('says so when its ports are used up', async () => {
    const port = 20_000 + 2 * Math.floor(Math.random() * 10_000);
    await withNode(
      async (node) => {
        await open(node, [CALLER]);
        await expect(open(node, [CALLER])).rejects.toMatchObject({ code: 'node.full' });
      },
      { rtp: { address: '127.0.0.1', from: port, to: port + 1 } },
    );
  });
});
