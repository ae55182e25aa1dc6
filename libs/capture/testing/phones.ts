import type { LiveCallMedia } from '../live/live-call-media.js';
import { sleep } from './recorded-call.js';
import { packetize, RtpPeer } from './rtp-sender.js';
import { decoded, encoded, G711, isSound } from './tones.js';

/** Packets of 20 ms without a sound after which nothing more is to be heard. */
const QUIET_PACKETS = 6;
const LONGEST_WAIT_MS = 3000;

/** Waits until nothing sounds at any of the phones: what a busy process sent in a rush is heard in its time all the same. */
export async function fallSilent(phones: readonly Phone[]): Promise<void> {
  const until = performance.now() + LONGEST_WAIT_MS;
  do await sleep(QUIET_PACKETS * 20);
  while (phones.some((phone) => phone.heard(-QUIET_PACKETS).some(isSound)) && performance.now() < until);
}

/** The far end of an RTP leg: says what it is given in real time and keeps what it hears. */
export class Phone {
  private sent = 0;
  /** When the first packet was sent, ms; the timestamps go on with the clock, also while nothing is said. */
  private begunAt: number | null = null;
  private nextFrame = 0;

  private constructor(
    readonly peer: RtpPeer,
    private readonly codec: keyof typeof G711,
    private readonly to: { readonly address: string; readonly port: number },
  ) {}

  static async at(call: LiveCallMedia, leg = 0, codec: keyof typeof G711 = 'PCMU'): Promise<Phone> {
    const endpoint = call.endpoints[leg];
    if (endpoint?.kind !== 'rtp') throw new Error('No RTP leg');
    return new Phone(await RtpPeer.open(), codec, endpoint);
  }

  /**
   * Whole frames of 20 ms at 8 kHz, in one stream with what was said before.
   * @param sentAt when the packet of that number is sent, ms after the beginning; by default one every 20 ms
   */
  async says(samples: Int16Array, sentAt: (index: number) => number = (index) => index * 20): Promise<void> {
    const packets = packetize(samples, 8000, (frame) => encoded(frame, this.codec)).map((packet, index) => ({ ...packet, atMs: sentAt(index) }));
    const now = performance.now();
    this.begunAt ??= now;
    const [sent, frame] = [this.sent, Math.max(this.nextFrame, Math.round((now - this.begunAt) / 20))];
    this.sent += packets.length;
    this.nextFrame = frame + packets.length;
    const { payloadType } = G711[this.codec];
    await this.peer.stream(
      this.to,
      packets.map((packet) => ({ ...packet, payloadType, sequenceNumber: packet.sequenceNumber + sent, timestamp: packet.timestamp + frame * 160 })),
    );
  }

  /** Everything heard so far, or from a packet on. */
  heard(from = 0): Int16Array {
    return decoded(this.peer.received.slice(from), this.codec);
  }

  hangUp(): void {
    this.peer.close();
  }
}
