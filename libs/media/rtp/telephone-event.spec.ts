import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRtpHeader, parseRtpHeader, writeRtpHeader, type RtpFields } from './rtp-header.js';
import { TelephoneEventReceiver, writeTelephoneEvent, type TelephoneEvent } from './telephone-event.js';

type Packet = Partial<RtpFields> & Partial<TelephoneEvent>;

/** What the receiver says to each packet in turn. */
function received(packets: readonly Packet[]): (string | null)[] {
  const receiver = new TelephoneEventReceiver();
  const header = createRtpHeader();
  return packets.map((packet, i) => {
    const bytes = new Uint8Array(16);
    const fields = { payloadType: 101, marker: false, sequenceNumber: i, timestamp: 1000, ssrc: 1, ...packet };
    const offset = writeRtpHeader(bytes, fields);
    writeTelephoneEvent(bytes, offset, { key: '5', end: false, volume: 10, duration: 160, ...packet });
    expect(parseRtpHeader(bytes, header)).toBe(true);
    return receiver.push(header, bytes);
  });
}

/** The packets of one press: one each 20 ms, the end three times. */
function press(key: string, timestamp: number, packets = 4): Packet[] {
  return [
    ...Array.from({ length: packets }, (_, i) => ({ key, timestamp, marker: i === 0, duration: 160 * (i + 1) })),
    ...Array.from({ length: 3 }, () => ({ key, timestamp, end: true, duration: 160 * (packets + 1) })),
  ];
}

const keysOf = (packets: readonly Packet[]): string =>
  received(packets)
    .filter((key) => key !== null)
    .join('');

describe('TelephoneEventReceiver', () => {
  it('tells each press once, at its first packet', () => {
    expect(received(press('#', 1000))).toEqual(['#', null, null, null, null, null, null]);
    expect(keysOf([...'0123456789*#ABCD'].flatMap((key, i) => press(key, 1000 + i * 2000)))).toBe('0123456789*#ABCD');
  });

  it('tells the same key pressed twice twice', () => {
    expect(keysOf([...press('7', 1000), ...press('7', 3000)])).toBe('77');
  });

  it('needs neither the first packets nor the end', () => {
    expect(keysOf(press('7', 1000).slice(1))).toBe('7');
    expect(keysOf([...press('7', 1000).slice(0, 3), ...press('7', 3000).slice(0, 3)])).toBe('77');
    expect(keysOf(press('7', 1000).slice(-1))).toBe('7');
  });

  it('ignores stragglers of an earlier press', () => {
    expect(
      keysOf([...press('1', 1000), ...press('2', 3000).slice(0, 2), ...press('1', 1000), ...press('2', 3000)]),
    ).toBe('12');
  });

  it('takes a long press in segments for one', () => {
    const first = Array.from({ length: 3 }, (_, i) => ({
      key: '9',
      timestamp: 1000,
      marker: i === 0,
      duration: 0xffff,
    }));
    const second = Array.from({ length: 3 }, (_, i) => ({
      key: '9',
      timestamp: 1000 + 0xffff,
      duration: 160 * (i + 1),
    }));
    expect(keysOf([...first, ...second])).toBe('9');
  });

  it('takes a press whose sender advances the timestamp with each packet for one', () => {
    const drifting = Array.from({ length: 6 }, (_, i) => ({
      key: '4',
      timestamp: 1000 + 160 * i,
      marker: i === 0,
      duration: 160 * (i + 1),
    }));
    expect(keysOf(drifting)).toBe('4');
  });

  it('goes on over a timestamp wrap and over a change of SSRC', () => {
    expect(keysOf([...press('1', 0xffff_ff00), ...press('2', 1744)])).toBe('12');
    expect(keysOf([...press('1', 5000), ...press('1', 1000).map((packet) => ({ ...packet, ssrc: 2 }))])).toBe('11');
  });

  it('has no key for flash, fax tones and payloads that are too short', () => {
    const receiver = new TelephoneEventReceiver();
    const header = { ...createRtpHeader(), payloadOffset: 12, payloadLength: 4, ssrc: 9 };
    const packet = new Uint8Array(16);
    for (let event = 16; event < 256; event++) {
      packet[12] = event;
      expect(receiver.push(header, packet)).toBeNull();
    }
    packet[12] = 1;
    expect(receiver.push({ ...header, payloadLength: 3 }, packet)).toBeNull();
    expect(receiver.push({ ...header, payloadOffset: 16, payloadLength: 0 }, packet)).toBeNull();
  });

  it('finds every press whatever packets are lost, doubled or reordered, while one of each press arrives', () => {
    const presses = fc.array(
      fc.record({
        key: fc.constantFrom(...'0123456789*#ABCD'),
        kept: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(presses, (list) => {
        const packets = list.flatMap(({ key, kept }, i) => {
          const all = press(key, 1000 + 1600 * i);
          return kept.flatMap((index) => [all[index] ?? {}, all[index] ?? {}]);
        });
        expect(keysOf(packets)).toBe(list.map(({ key }) => key).join(''));
      }),
    );
  });
});
