import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import {
  createRtpHeader,
  decodeMulaw,
  encodeMulaw,
  MULAW_SILENCE,
  parseRtpHeader,
  RTP_HEADER_BYTES,
  TELEPHONE_EVENT_BYTES,
  writeRtpHeader,
  writeTelephoneEvent,
} from '#libs/media';

const FRAME_SAMPLES = 160;
const FRAME_MS = 20;
const PCMU = 0;
/** Payload type of key presses that the journeys negotiate. */
export const TELEPHONE_EVENT = 101;
/** Frames a key is held; its end is told three times (RFC 4733 §2.5.1.4). */
const KEY_FRAMES = 5;
const KEY_ENDS = 3;

/** What a phone sends in one 20 ms. */
type Frame =
  | { readonly kind: 'audio'; readonly codes: Uint8Array }
  | { readonly kind: 'key'; readonly key: string; readonly frame: number };

/**
 * A telephone at one end of an RTP stream: sends a PCMU packet every 20 ms from the beginning to the end, silence when
 * it has nothing to say, and keeps what it hears.
 */
export class RtpPhone {
  private readonly socket: Socket = createSocket('udp4');
  private readonly ssrc = randomBytes(4).readUInt32BE();
  private readonly silence = new Uint8Array(FRAME_SAMPLES).fill(MULAW_SILENCE);
  private readonly heardCodes: Uint8Array[] = [];
  private readonly waiting: Frame[] = [];
  private readonly host: string;
  private readonly port: number;
  private sequenceNumber = randomBytes(2).readUInt16BE();
  private timestamp = randomBytes(4).readUInt32BE();
  private keyTimestamp = 0;
  private first = true;
  private closed = false;

  /** @param address `host:port`, as the call's media say it */
  constructor(address: string) {
    const [host = '', port = ''] = address.split(':');
    this.host = host;
    this.port = Number(port);
    const header = createRtpHeader();
    this.socket.on('message', (packet) => {
      if (!parseRtpHeader(packet, header) || header.payloadType !== PCMU) return;
      this.heardCodes.push(
        Uint8Array.from(packet.subarray(header.payloadOffset, header.payloadOffset + header.payloadLength)),
      );
    });
  }

  /** Says the audio (8 kHz) after whatever is still to be said; the last frame is filled up with silence. */
  say(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += FRAME_SAMPLES) {
      const codes = Uint8Array.from(this.silence);
      encodeMulaw(samples.subarray(at, at + FRAME_SAMPLES), codes);
      this.waiting.push({ kind: 'audio', codes });
    }
  }

  /** Presses a key (RFC 4733) after whatever is still to be said. */
  press(key: string): void {
    for (let frame = 0; frame < KEY_FRAMES; frame += 1) this.waiting.push({ kind: 'key', key, frame });
  }

  /** True once everything was said. */
  get quiet(): boolean {
    return this.waiting.length === 0;
  }

  /** What was heard so far, the pauses between the sounds left out. */
  heard(): Int16Array {
    const codes = Buffer.concat(this.heardCodes);
    const samples = new Int16Array(codes.length);
    decodeMulaw(codes, samples);
    return samples;
  }

  /** Sends the packets of this 20 ms. */
  tick(): void {
    if (this.closed) return;
    const frame = this.waiting.shift();
    if (frame?.kind === 'key') this.sendKey(frame.key, frame.frame);
    else this.send(PCMU, this.timestamp, this.first, frame?.codes ?? this.silence);
    this.first = false;
    this.timestamp = (this.timestamp + FRAME_SAMPLES) >>> 0;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close();
  }

  /** All packets of a press carry the time of its beginning. */
  private sendKey(key: string, frame: number): void {
    if (frame === 0) this.keyTimestamp = this.timestamp;
    const last = frame === KEY_FRAMES - 1;
    const payload = new Uint8Array(TELEPHONE_EVENT_BYTES);
    writeTelephoneEvent(payload, 0, { key, end: last, volume: 10, duration: (frame + 1) * FRAME_SAMPLES });
    for (let copy = 0; copy < (last ? KEY_ENDS : 1); copy += 1)
      this.send(TELEPHONE_EVENT, this.keyTimestamp, frame === 0, payload);
  }

  private send(payloadType: number, timestamp: number, marker: boolean, payload: Uint8Array): void {
    const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
    writeRtpHeader(packet, { payloadType, marker, sequenceNumber: this.sequenceNumber, timestamp, ssrc: this.ssrc });
    packet.set(payload, RTP_HEADER_BYTES);
    this.sequenceNumber = (this.sequenceNumber + 1) & 0xffff;
    this.socket.send(packet, this.port, this.host);
  }
}

/** How late phones were at worst, ms: their machine stood still, and what they sent then was late by as much. */
export const phoneLateness = { worstMs: 0 };

/** Ticks all phones every 20 ms by the wall clock; ticks that came late are made good at once, so that no audio is lost. */
export class PhoneClock {
  private readonly phones = new Set<RtpPhone>();
  private readonly started = performance.now();
  private readonly timer = setInterval(() => this.catchUp(), FRAME_MS / 2);
  private ticks = 0;

  add(phone: RtpPhone): RtpPhone {
    this.phones.add(phone);
    return phone;
  }

  remove(phone: RtpPhone): void {
    this.phones.delete(phone);
    phone.close();
  }

  stop(): void {
    clearInterval(this.timer);
    for (const phone of this.phones) phone.close();
  }

  private catchUp(): void {
    const lateMs = performance.now() - this.started - this.ticks * FRAME_MS;
    if (this.phones.size > 0) phoneLateness.worstMs = Math.max(phoneLateness.worstMs, lateMs);
    for (; this.ticks * FRAME_MS <= performance.now() - this.started; this.ticks += 1)
      for (const phone of this.phones) phone.tick();
  }
}
