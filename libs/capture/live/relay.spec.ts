import { describe, it, expect } from '@jest/globals';
import { InbandDtmfDetector, TELEPHONE_EVENT_BYTES, writeTelephoneEvent } from '#libs/media';
import { withNode } from '../testing/live-node.js';
import { fallSilent, Phone } from '../testing/phones.js';
import { Platform, withServer } from '../testing/platform.js';
import { finished, OwnerLog, record, sleep } from '../testing/recorded-call.js';
import { findAudio, markedAudio } from '../testing/rtp-sender.js';
import { testSpec } from '../testing/specs.js';
import { decoded, encoded, levelOf, tone } from '../testing/tones.js';
import type { LiveCallListener, LegOptions, MediaNode } from './media-node.js';
import type { LegParty } from '../call/leg-source.js';
import { STATIC_PAYLOAD_TYPES } from './rtp/payload-types.js';

function rtp(party: 'caller' | 'callee', codec: 'PCMU' | 'PCMA' = 'PCMU', more: { telephoneEvent?: number } = {}): LegOptions {
  return { kind: 'rtp', party, payloadTypes: STATIC_PAYLOAD_TYPES.filter((type) => type.codec === codec), ...more };
}

/** Far below every tone; a cut in one tone shows a little in the level of another. */
const QUIET = 400;

const open = (node: MediaNode, legs: readonly LegOptions[], listener: LiveCallListener = new OwnerLog()) =>
  node.openCall({ callRef: 'call', legs, listener, mediaTimeoutMs: null });

function steps(values: readonly number[], modulo: number): readonly number[] {
  return [...new Set(values.slice(1).map((value, index) => (value - (values[index] ?? 0) + modulo) % modulo))];
}

describe('the relay between the parties of a call', () => {
  it.concurrent('has each hear the other at the right level, in its own codec and as its own RTP stream', async () => {
    await withNode(async (node) => {
      const call = await open(node, [rtp('caller', 'PCMU'), rtp('callee', 'PCMA')]);
      const [caller, callee] = [await Phone.at(call, 0, 'PCMU'), await Phone.at(call, 1, 'PCMA')];
      const talk = (): Promise<unknown> => Promise.all([caller.says(tone(600, 800, 8000)), callee.says(tone(1000, 800, 3000))]);
      await Promise.all([caller.says(tone(600, 100)), callee.says(tone(1000, 100))]);
      expect([caller, callee].map(({ peer }) => peer.received.length)).toEqual([0, 0]);
      call.relay(true);
      call.relay(true);
      await talk();
      await fallSilent([caller, callee]);
      expect(levelOf(callee.heard(), 600) / 8000).toBeCloseTo(1, 1);
      expect(levelOf(callee.heard(), 1000)).toBeLessThan(QUIET);
      expect(levelOf(caller.heard(), 1000) / 3000).toBeCloseTo(1, 1);
      expect(levelOf(caller.heard(), 600)).toBeLessThan(QUIET);
      for (const [phone, payloadType] of [[caller, 0], [callee, 8]] as const) {
        const { received } = phone.peer;
        expect(new Set(received.map((packet) => `${packet.ssrc} ${packet.payloadType}`)).size).toBe(1);
        expect(received[0]?.payloadType).toBe(payloadType);
        expect(received[0]?.ssrc).not.toBe(0x1234);
        expect(steps(received.map(({ sequenceNumber }) => sequenceNumber), 2 ** 16)).toEqual([1]);
        expect(received.map(({ marker }) => marker).indexOf(true)).toBe(0);
      }
      call.relay(false);
      await sleep(100);
      const before = callee.peer.received.length;
      await caller.says(tone(600, 200));
      expect(callee.peer.received.length).toBe(before);
    });
  });

  it.concurrent('leaves the recording as it was, sample by sample', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [rtp('caller'), rtp('callee')]);
      const [caller, callee] = [await Phone.at(call, 0), await Phone.at(call, 1)];
      const recording = record(call, spool, 'r', testSpec());
      call.relay(true);
      const voices = [markedAudio(8000, 1), markedAudio(8000, 2)] as const;
      await Promise.all([caller.says(voices[0]), callee.says(voices[1])]);
      await sleep(60);
      call.hangup('caller');
      const { audio } = await finished(recording);
      voices.forEach((voice, channel) => {
        const sent = decoded([{ payload: encoded(voice, 'PCMU') }], 'PCMU');
        const recorded = audio[channel] ?? new Int16Array(0);
        expect(findAudio(recorded, sent, sent.length)).toBeGreaterThanOrEqual(0);
        // The codec is the same on both sides, so what is heard is what was said, whole packets of it in their order.
        const heard = (channel === 0 ? callee : caller).heard();
        const found = [...Array(50).keys()].filter((index) => findAudio(heard, sent.subarray(index * 160, (index + 1) * 160)) >= 0);
        expect(found.length).toBeGreaterThan(25);
      });
    });
  });

  it.concurrent('goes between RTP and a stream of another rate, and is mixed with what is played', async () => {
    await withServer(async ({ node, base }) => {
      const call = await open(node, [rtp('caller'), { kind: 'websocket', parties: ['callee'], dialect: 'raw' }]);
      const caller = await Phone.at(call);
      const endpoint = call.endpoints[1];
      const callee = await Platform.connect(base + (endpoint?.kind === 'websocket' ? endpoint.path : ''));
      callee.send({ type: 'start', sampleRate: 16_000 });
      call.relay(true);
      call.play({ kind: 'tone', frequencyHz: 1500, durationMs: 1000, toward: ['caller'] }, () => undefined);
      const voice = tone(700, 1000, 5000, 16_000);
      const frames = Array.from({ length: 50 }, (_, index) => new Uint8Array(voice.slice(index * 320, (index + 1) * 320).buffer));
      await Promise.all([caller.says(tone(600, 1000, 5000)), callee.stream(frames)]);
      await fallSilent([caller]);
      const bytes = Uint8Array.from(Buffer.concat(callee.binaries));
      const heard = new Int16Array(bytes.buffer);
      expect(levelOf(heard, 600, 16_000) / 5000).toBeCloseTo(1, 1);
      expect([700, 1500].map((hz) => levelOf(heard, hz, 16_000) < QUIET)).toEqual([true, true]);
      expect(levelOf(caller.heard(), 700) / 5000).toBeCloseTo(1, 1);
      expect(levelOf(caller.heard(), 1500)).toBeGreaterThan(7000);
      expect(levelOf(caller.heard(), 600)).toBeLessThan(QUIET);
    });
  });
});

describe('a key that is pressed on one leg and signalled beside its audio (RFC 4733)', () => {
  it.concurrent('is heard on the other as a tone, however fast it comes, and only while they are connected', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [rtp('caller', 'PCMU', { telephoneEvent: 101 }), rtp('callee', 'PCMA')]);
      const [caller, callee] = [await Phone.at(call, 0), await Phone.at(call, 1, 'PCMA')];
      const endpoint = call.endpoints[0];
      if (endpoint?.kind !== 'rtp') throw new Error('No RTP leg');
      let pressed = 0;
      const press = (key: string): void => {
        const at = 50_000 + pressed++;
        const payload = new Uint8Array(TELEPHONE_EVENT_BYTES);
        writeTelephoneEvent(payload, 0, { key, end: true, volume: 10, duration: 400 });
        caller.peer.sendNow(endpoint, { sequenceNumber: at, timestamp: at * 1600, payload, payloadType: 101, marker: true });
      };
      await Promise.all([caller.says(tone(300, 60, 1)), callee.says(tone(300, 60, 1))]);
      press('7');
      await sleep(40);
      const recording = record(call, spool, 'r', testSpec());
      call.relay(true);
      for (const key of '19#') press(key);
      await Promise.all([caller.says(tone(300, 900, 1)), callee.says(tone(300, 900, 1))]);
      const keysIn = (samples: Int16Array): string => {
        const keys: string[] = [];
        new InbandDtmfDetector(8000).process(samples, 0, samples.length, (key) => keys.push(key));
        return keys.join('');
      };
      expect([keysIn(callee.heard()), keysIn(caller.heard())]).toEqual(['19#', '']);
      call.hangup('caller');
      const { audio } = await finished(recording);
      expect(audio.map(keysIn)).toEqual(['', '']);
    });
  });
});

describe('what is passed on', () => {
  it.concurrent('comes in order although its packets do not', async () => {
    await withNode(async (node) => {
      const call = await open(node, [rtp('caller'), rtp('callee')]);
      const [caller, callee] = [await Phone.at(call, 0), await Phone.at(call, 1)];
      call.relay(true);
      await callee.says(tone(300, 20));
      const voice = markedAudio(9600);
      // Of each two packets the second is sent first.
      await caller.says(voice, (index) => index * 20 + (index % 2 === 0 ? 21 : 0));
      await sleep(120);
      const sent = decoded([{ payload: encoded(voice, 'PCMU') }], 'PCMU');
      const heard = callee.heard();
      const pairs = [...Array(30).keys()].filter((index) => findAudio(heard, sent.subarray(index * 320, (index + 1) * 320), 320) >= 0);
      expect(pairs.length).toBeGreaterThan(15);
    });
  });
});

describe('a muted party', () => {
  it.concurrent('is silence for the other and in the recording until it is heard again', async () => {
    await withNode(async (node, spool) => {
      const call = await open(node, [rtp('caller'), rtp('callee')]);
      const [caller, callee] = [await Phone.at(call, 0), await Phone.at(call, 1)];
      const recording = record(call, spool, 'r', testSpec());
      call.relay(true);
      await callee.says(tone(2000, 40));
      call.mute('caller', true);
      await caller.says(tone(600, 400));
      await sleep(60);
      call.mute('caller', false);
      await caller.says(tone(1000, 800));
      await fallSilent([callee]);
      call.hangup('callee');
      const { audio, result } = await finished(recording);
      for (const heard of [audio[0] ?? new Int16Array(0), callee.heard()]) {
        expect(levelOf(heard, 600)).toBeLessThan(QUIET);
        expect(levelOf(heard, 1000) / 6000).toBeCloseTo(1, 1);
      }
      expect(result.media.map(({ party, packetsReceived }) => [party, packetsReceived])).toEqual([['caller', 60], ['callee', 2]]);
    });
  });
});

describe('the first audio of a leg', () => {
  it.concurrent('is told once, key events are none', async () => {
    await withNode(async (node) => {
      const heard: LegParty[] = [];
      const owner = Object.assign(new OwnerLog(), { partyHeard: (party: LegParty) => heard.push(party) });
      const call = await open(node, [rtp('caller', 'PCMU', { telephoneEvent: 101 }), rtp('callee')], owner);
      const [caller, callee] = [await Phone.at(call, 0), await Phone.at(call, 1)];
      const endpoint = call.endpoints[0];
      if (endpoint?.kind !== 'rtp') throw new Error('No RTP leg');
      caller.peer.sendNow(endpoint, { sequenceNumber: 1, timestamp: 0, payloadType: 101, payload: Uint8Array.of(5, 0x8a, 3, 0x20) });
      await callee.says(tone(600, 60));
      await sleep(40);
      expect(heard).toEqual(['callee']);
      await caller.says(tone(600, 60));
      await sleep(40);
      expect(heard).toEqual(['callee', 'caller']);
      call.hangup('caller');
      expect(owner.keys.map(({ key }) => key)).toEqual(['5']);
    });
  });
});

describe('digits', () => {
  it.concurrent('are played as key tones that the far end understands, also while the other party is heard', async () => {
    await withNode(async (node) => {
      const call = await open(node, [rtp('caller'), rtp('callee', 'PCMA')]);
      const [caller, callee] = [await Phone.at(call, 0), await Phone.at(call, 1, 'PCMA')];
      call.relay(true);
      await callee.says(tone(300, 20, 200));
      const ended = new Promise<void>((resolve) => call.play({ kind: 'digits', digits: '19*w#A0', toward: ['callee'] }, resolve));
      await Promise.all([ended, caller.says(tone(300, 1600, 500))]);
      await sleep(60);
      const keys: string[] = [];
      const samples = callee.heard();
      new InbandDtmfDetector(8000).process(samples, 0, samples.length, (key) => keys.push(key));
      expect(keys.join('')).toBe('19*#A0');
      expect(levelOf(caller.heard(), 300)).toBeLessThan(300);
    });
  });
});
