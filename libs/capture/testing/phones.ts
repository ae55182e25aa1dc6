import type { LiveCallMedia } from '../live/live-call-media.js';
import { packetize, RtpPeer } from './rtp-sender.js';
import { decoded, encoded, G711 } from './tones.js';

/** The far end of an RTP leg: says what it is given in real time and keeps what it hears. */
export class Phone {
  private sent = 0;

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

  /** Whole frames of 20 ms at 8 kHz, in one unbroken stream with what was said before. */
  async says(samples: Int16Array): Promise<void> {
    const packets = packetize(samples, 8000, (frame) => encoded(frame, this.codec));
    const before = this.sent;
    this.sent += packets.length;
    const { payloadType } = G711[this.codec];
    await this.peer.stream(
      this.to,
      packets.map((packet) => ({ ...packet, payloadType, sequenceNumber: packet.sequenceNumber + before, timestamp: packet.timestamp + before * 160 })),
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
