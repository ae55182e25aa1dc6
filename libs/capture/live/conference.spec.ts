import { describe, it, expect } from '@jest/globals';
import { goertzelPower } from '#libs/media';
import { withNode } from '../testing/live-node.js';
import { fallSilent, Phone } from '../testing/phones.js';
import { Platform, withServer } from '../testing/platform.js';
import { finished, OwnerLog, record, sleep } from '../testing/recorded-call.js';
import { testSpec } from '../testing/specs.js';
import { isSound, levelOf, tone } from '../testing/tones.js';
import type { LiveCallMedia } from './live-call-media.js';
import type { LegOptions, MediaNode } from './media-node.js';
import { STATIC_PAYLOAD_TYPES } from './rtp/payload-types.js';

const PHONE: LegOptions = { kind: 'rtp', party: 'caller', payloadTypes: STATIC_PAYLOAD_TYPES };
const ALAW_PHONE: LegOptions = { kind: 'rtp', party: 'callee', payloadTypes: STATIC_PAYLOAD_TYPES.filter(({ codec }) => codec === 'PCMA') };

const open = (node: MediaNode, leg: LegOptions): Promise<LiveCallMedia> =>
  node.openCall({ callRef: 'call', legs: [leg], listener: new OwnerLog(), mediaTimeoutMs: null });

const openRoom = (node: MediaNode) => node.openConference({ callRef: 'room', listener: new OwnerLog() });

/** Which of the tones are heard at about the level they were sent with. */
function tonesIn(samples: Int16Array | undefined, frequencies: readonly number[], amplitude: number, sampleRate = 8000): readonly number[] {
  return frequencies.filter((hz) => {
    const level = levelOf(samples ?? new Int16Array(0), hz, sampleRate);
    if (level > amplitude * 0.2 && Math.abs(level - amplitude) > amplitude * 0.1) throw new Error(`${hz} Hz is heard at ${level} instead of ${amplitude}`);
    return level > amplitude / 2;
  });
}

function streamOf(platform: Platform, samples: Int16Array): Promise<void> {
  return platform.stream(Array.from({ length: samples.length / 320 }, (_, index) => new Uint8Array(samples.slice(index * 320, (index + 1) * 320).buffer)));
}

function heardBy(platform: Platform): Int16Array {
  return new Int16Array(Uint8Array.from(Buffer.concat(platform.binaries)).buffer);
}

describe('the room of a conference', () => {
  it.concurrent('lets each hear the others, whatever they call with, and records everybody', async () => {
    await withServer(async ({ node, base, spool }) => {
      const room = openRoom(node);
      const calls = [await open(node, PHONE), await open(node, ALAW_PHONE), await open(node, { kind: 'websocket', parties: ['caller'], dialect: 'raw' })] as const;
      const [first, second] = [await Phone.at(calls[0]), await Phone.at(calls[1], 0, 'PCMA')];
      const endpoint = calls[2].endpoints[0];
      const third = await Platform.connect(base + (endpoint?.kind === 'websocket' ? endpoint.path : ''));
      third.send({ type: 'start', sampleRate: 16_000 });
      const mono = record(room, spool, 'mono', testSpec({ parties: 'conference', channels: 1 }));
      const stereo = record(room, spool, 'stereo', testSpec({ parties: 'both', channels: 2, sampleRate: 16_000 }));
      const own = record(calls[0], spool, 'own', testSpec({ parties: 'caller', channels: 1 }));
      room.join(calls[0], 'caller');
      room.join(calls[1], 'callee');
      room.join(calls[2], 'caller');
      const all = [600, 1000, 1500];
      await Promise.all([first.says(tone(600, 1000)), second.says(tone(1000, 1000)), streamOf(third, tone(1500, 1000, 6000, 16_000))]);
      await fallSilent([first, second]);
      expect(tonesIn(first.heard(), all, 6000)).toEqual([1000, 1500]);
      expect(tonesIn(second.heard(), all, 6000)).toEqual([600, 1500]);
      expect(tonesIn(heardBy(third), all, 6000, 16_000)).toEqual([600, 1000]);
      room.hangup(null);
      calls[0].hangup('caller');
      const { audio, result } = await finished(mono);
      expect(tonesIn(audio[0], all, 6000)).toEqual(all);
      expect(result).toMatchObject({ reason: 'hangup', channels: 1, media: [{ party: 'conference', packetsReceived: 150 }] });
      const both = await finished(stereo);
      expect(both.audio.map((channel) => tonesIn(channel, all, 6000, 16_000))).toEqual([all, all]);
      expect(tonesIn((await finished(own)).audio[0], all, 6000)).toEqual([600]);
      await room.close();
      expect(node.load.calls).toBe(3);
    });
  });

  it.concurrent('holds eight, each of whom hears the seven others', async () => {
    await withNode(async (node) => {
      const room = openRoom(node);
      const frequencies = Array.from({ length: 8 }, (_, index) => 400 + 200 * index);
      const phones: Phone[] = [];
      for (const _ of frequencies) {
        const call = await open(node, PHONE);
        room.join(call, 'caller');
        phones.push(await Phone.at(call));
      }
      await Promise.all(phones.map((phone, index) => phone.says(tone(frequencies[index] ?? 0, 700, 2500))));
      await fallSilent(phones);
      phones.forEach((phone, index) => expect(tonesIn(phone.heard(), frequencies, 2500)).toEqual(frequencies.filter((_hz, other) => other !== index)));
    });
  });

  it.concurrent('lets whoever is on hold hear nothing of it until that is over', async () => {
    await withNode(async (node) => {
      const room = openRoom(node);
      const calls = [await open(node, PHONE), await open(node, PHONE)] as const;
      const phones = [await Phone.at(calls[0]), await Phone.at(calls[1])] as const;
      for (const call of calls) room.join(call, 'caller');
      const talk = (): Promise<unknown> => Promise.all([phones[0].says(tone(600, 600, 4000)), phones[1].says(tone(1000, 600, 4000))]);
      room.hold(calls[1], true);
      await talk();
      await fallSilent(phones);
      expect(phones.map((phone) => tonesIn(phone.heard(), [600, 1000], 4000))).toEqual([[1000], []]);
      room.hold(calls[1], false);
      const from = phones[1].peer.received.length;
      await talk();
      await fallSilent(phones);
      expect(tonesIn(phones[1].heard(from), [600, 1000], 4000)).toEqual([600]);
      room.hold(calls[1], true);
      calls[1].hangup('caller');
      expect(() => room.hold(calls[1], false)).not.toThrow();
    });
  });

  it.concurrent('records the last words of whoever hangs up, also where they came in a rush', async () => {
    await withNode(async (node, spool) => {
      const room = openRoom(node);
      const calls = [await open(node, PHONE), await open(node, PHONE)] as const;
      const phones = [await Phone.at(calls[0]), await Phone.at(calls[1])] as const;
      for (const call of calls) room.join(call, 'caller');
      const recording = record(room, spool, 'r', testSpec({ parties: 'conference', channels: 1 }));
      await phones[0].says(tone(600, 1000, 4000), () => 0);
      await sleep(60);
      calls[0].hangup('caller');
      await sleep(40);
      await phones[1].says(tone(1000, 1600, 3000), () => 0);
      await sleep(60);
      room.hangup(null);
      const [heard = new Int16Array(0)] = (await finished(recording)).audio;
      const levelAt = (hz: number, tenth: number): number => Math.sqrt(2 * goertzelPower(heard, tenth * 800, (tenth + 1) * 800, hz, 8000));
      const tenthsWith = (hz: number): number => [...Array(Math.floor(heard.length / 800)).keys()].filter((tenth) => levelAt(hz, tenth) > 1500).length;
      // Both ends of a tone may lie within a tenth of a second.
      expect([tenthsWith(600) >= 9, tenthsWith(1000) >= 15]).toEqual([true, true]);
    });
  });

  it.concurrent('is left by whoever goes or hangs up; the muted are not heard', async () => {
    await withNode(async (node, spool) => {
      const room = openRoom(node);
      const calls = [await open(node, PHONE), await open(node, PHONE), await open(node, PHONE), await open(node, PHONE)] as const;
      const phones = await Promise.all(calls.map((call) => Phone.at(call)));
      for (const call of calls) room.join(call, 'caller');
      const frequencies = [600, 1000, 1500, 2000];
      const recording = record(room, spool, 'r', testSpec({ parties: 'conference', channels: 1 }));
      const talk = (ms: number): Promise<unknown> => Promise.all(phones.map((phone, index) => phone.says(tone(frequencies[index] ?? 0, ms, 4000))));
      await talk(200);
      room.leave(calls[1]);
      room.leave(calls[1]);
      calls[2].hangup('caller');
      calls[3].mute('caller', true);
      await sleep(100);
      const from = phones.map(({ peer }) => peer.received.length);
      await talk(800);
      await fallSilent(phones.filter((_, index) => index === 0 || index === 3));
      const heard = phones.map((phone, index) => tonesIn(phone.heard(from[index]), frequencies, 4000));
      expect(heard).toEqual([[], [], [], [600]]);
      expect(phones.map(({ peer }, index) => peer.received.length > (from[index] ?? 0))).toEqual([true, false, false, true]);
      room.hangup(null);
      expect(tonesIn((await finished(recording)).audio[0]?.subarray(-6400), frequencies, 4000)).toEqual([600]);
      const sent = phones.map(({ peer }) => peer.received.length);
      await sleep(100);
      expect(phones.map(({ peer }) => peer.received.length)).toEqual(sent);
    });
  });

  it.concurrent('records everybody in their place, also who pauses and who has left', async () => {
    await withNode(async (node, spool) => {
      const room = openRoom(node);
      const calls = [await open(node, PHONE), await open(node, PHONE)] as const;
      const [first, second] = [await Phone.at(calls[0]), await Phone.at(calls[1])];
      const recording = record(room, spool, 'r', testSpec({ parties: 'conference', channels: 1, sampleRate: 16_000 }));
      await second.says(new Int16Array(1600));
      room.join(calls[0], 'caller');
      room.join(calls[1], 'caller');
      const burst = tone(800, 100, 8000);
      const bursts = new Int16Array(8 * 800);
      for (const at of [0, 2400, 5600]) bursts.set(burst, at);
      await Promise.all([first.says(bursts), second.says(new Int16Array(bursts.length))]);
      await sleep(80);
      room.leave(calls[0]);
      await sleep(450);
      room.hangup(null);
      const samples = (await finished(recording)).audio[0] ?? new Int16Array(0);
      const begins = [...samples.keys()].filter((at) => isSound(samples[at] ?? 0) && samples.subarray(Math.max(0, at - 800), at).every((sample) => !isSound(sample)));
      const first0 = begins[0] ?? 0;
      expect(begins.map((at) => Math.round((at - first0) / 16))).toEqual([0, 300, 700]);
    });
  });

  it.concurrent('has everybody hear what is played to it, and keeps that out of the recording', async () => {
    await withNode(async (node, spool) => {
      const room = openRoom(node);
      const calls = [await open(node, PHONE), await open(node, PHONE)] as const;
      const phones = await Promise.all(calls.map((call) => Phone.at(call)));
      for (const call of calls) room.join(call, 'caller');
      const recording = record(room, spool, 'r', testSpec({ parties: 'conference', channels: 1 }));
      await Promise.all(phones.map((phone) => phone.says(new Int16Array(320))));
      const ended = new Promise<void>((resolve) => room.play({ kind: 'tone', frequencyHz: 1200, durationMs: 500, toward: ['caller'] }, resolve));
      await Promise.all([ended, phones[0]?.says(tone(600, 600, 4000))]);
      await fallSilent(phones);
      expect(phones.map((phone) => levelOf(phone.heard(), 1200) > 7500)).toEqual([true, true]);
      room.hangup(null);
      const { audio } = await finished(recording);
      expect(tonesIn(audio[0], [600, 1200], 4000)).toEqual([600]);
    });
  });

  it.concurrent('takes nobody in who has no live media, and is refused by a node that is full', async () => {
    await withNode(
      async (node) => {
        const room = openRoom(node);
        const call = await open(node, PHONE);
        expect(() => room.join(call, 'callee')).toThrow(expect.objectContaining({ code: 'request.invalid' }));
        expect(() => room.join(openRoom(node), 'caller')).toThrow(expect.objectContaining({ code: 'request.invalid' }));
        expect(() => openRoom(node)).toThrow(expect.objectContaining({ code: 'node.full' }));
      },
      { maxCalls: 3 },
    );
  });
});
