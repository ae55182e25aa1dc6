import { createSocket, type Socket } from 'node:dgram';
import { parseWavHeader, writeRtpHeader } from '#libs/media';

const FRAME_SAMPLES = 160;
const FRAME_MS = 20;
const HEADER_BYTES = 12;
/** Audio that comes later than this is on the edge of what a gateway with a playout delay of 300 ms still puts in its place. */
const LATE_MS = 250;
/** The loudest negative sample of µ-law; it stands before the digits of a frame's number and nowhere else. */
const MARK = 0x00;
/** µ-law samples of this range are distinct, loud and survive decoding and encoding. */
const DIGIT = 0x80;
const BASE = 64;

/** A party that sends audio in which every 20 ms says its own number, as PCMU over real RTP in real time. */
export class NumberingPhone {
  private readonly socket: Socket = createSocket('udp4');
  private readonly packet = new Uint8Array(HEADER_BYTES + FRAME_SAMPLES);
  private readonly timer: NodeJS.Timeout;
  private readonly host: string;
  private readonly port: number;
  /** Frames sent so far; the last had the number `sent - 1`. */
  sent = 0;
  /** Frames that this phone itself sent too late to be in their place, because its machine stood still. */
  sentLate = 0;

  constructor(address: string) {
    const [host = '', port = ''] = address.split(':');
    this.host = host;
    this.port = Number(port);
    this.socket.on('error', () => undefined); // Nobody listens while the gateway is dead.
    const begun = performance.now();
    this.timer = setInterval(() => {
      const dueMs = performance.now() - begun;
      while (this.sent * FRAME_MS <= dueMs) {
        if (dueMs - this.sent * FRAME_MS > LATE_MS) this.sentLate += 1;
        this.sendFrame();
      }
    }, FRAME_MS / 2);
    // A test that fails on its way must not hold up the whole run.
    this.timer.unref();
    this.socket.unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.socket.close();
  }

  private sendFrame(): void {
    writeRtpHeader(this.packet, {
      payloadType: 0,
      marker: this.sent === 0,
      sequenceNumber: this.sent & 0xffff,
      timestamp: (this.sent * FRAME_SAMPLES) >>> 0,
      ssrc: 77,
    });
    this.packet.set(frameOf(this.sent), HEADER_BYTES);
    this.socket.send(this.packet, this.port, this.host);
    this.sent += 1;
  }
}

function frameOf(number: number): Uint8Array {
  const digits = [Math.floor(number / BASE / BASE) % BASE, Math.floor(number / BASE) % BASE, number % BASE];
  const pattern = [MARK, ...digits.map((digit) => DIGIT + digit)];
  return Uint8Array.from({ length: FRAME_SAMPLES }, (_, index) => pattern[index % pattern.length] ?? MARK);
}

/** What is heard in a recorded file. */
export interface Heard {
  readonly first: number;
  readonly last: number;
  /** The numbers between first and last that are missing. */
  readonly missing: readonly number[];
  readonly durationMs: number;
}

/** Reads the numbers in a µ-law WAV of one channel. */
export function hear(file: Buffer): Heard {
  const wav = parseWavHeader(file);
  const audio = file.subarray(wav.dataOffset, wav.dataOffset + (wav.dataBytes ?? file.length));
  const numbers = new Set<number>();
  for (let at = 0; at + 3 < audio.length; at += 1) {
    if (audio[at] !== MARK) continue;
    const digits = [1, 2, 3].map((index) => (audio[at + index] ?? 0) - DIGIT);
    if (digits.every((digit) => digit >= 0 && digit < BASE)) numbers.add(digits.reduce((sum, digit) => sum * BASE + digit, 0));
  }
  const first = Math.min(...numbers);
  const last = Math.max(...numbers);
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return { first, last, missing: all.filter((number) => !numbers.has(number)), durationMs: audio.length / 8 };
}
