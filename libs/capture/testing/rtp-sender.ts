import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createRtpHeader, parseRtpHeader, writeRtpHeader, type RtpHeader } from '#libs/media';

/** A packet of a prepared stream. */
export interface PreparedPacket {
  /** When it is sent, ms after the beginning. */
  readonly atMs: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly marker?: boolean;
}

export interface ReceivedPacket extends RtpHeader {
  readonly payload: Uint8Array;
}

/** One end of an RTP stream: sends prepared packets in real time and keeps what comes back. */
export class RtpPeer {
  readonly received: ReceivedPacket[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on('message', (packet) => {
      const header = createRtpHeader();
      if (!parseRtpHeader(packet, header)) return;
      this.received.push({ ...header, payload: Uint8Array.from(packet.subarray(header.payloadOffset, header.payloadOffset + header.payloadLength)) });
    });
  }

  static async open(address = '127.0.0.1'): Promise<RtpPeer> {
    const socket = createSocket('udp4');
    // A test that fails on its way must not hold up the whole run.
    socket.unref();
    socket.bind(0, address);
    await once(socket, 'listening');
    return new RtpPeer(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  sendNow(to: { address: string; port: number }, packet: Omit<PreparedPacket, 'atMs'>): void {
    const bytes = new Uint8Array(12 + packet.payload.length);
    writeRtpHeader(bytes, {
      payloadType: packet.payloadType ?? 0,
      marker: packet.marker ?? false,
      sequenceNumber: packet.sequenceNumber & 0xffff,
      timestamp: packet.timestamp >>> 0,
      ssrc: packet.ssrc ?? 0x1234,
    });
    bytes.set(packet.payload, 12);
    this.socket.send(bytes, to.port, to.address);
  }

  /** Sends each packet at its time; packets that fell behind go out at once. */
  async stream(to: { address: string; port: number }, packets: readonly PreparedPacket[]): Promise<void> {
    const begun = performance.now();
    const inOrder = packets.toSorted((a, b) => a.atMs - b.atMs);
    for (const packet of inOrder) {
      const wait = packet.atMs - (performance.now() - begun);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      this.sendNow(to, packet);
    }
  }

  close(): void {
    this.socket.close();
  }
}

/** Cuts audio into packets of 20 ms as a well-behaved sender would. */
export function packetize(samples: Int16Array, sampleRate: number, encode: (frame: Int16Array) => Uint8Array): PreparedPacket[] {
  const frame = sampleRate / 50;
  return Array.from({ length: Math.floor(samples.length / frame) }, (_, index) => ({
    atMs: index * 20,
    sequenceNumber: 100 + index,
    timestamp: 5000 + index * frame,
    payload: encode(samples.subarray(index * frame, (index + 1) * frame)),
  }));
}

/** Audio whose every sample is its own: never zero, survives PCMU exactly when it is passed through `throughMulaw` first. */
export function markedAudio(samples: number, seed = 1): Int16Array {
  let state = seed * 2654435761;
  return Int16Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = (state >>> 18) - 8192;
    return value === 0 ? 1 : value;
  });
}

/** Where `needle` stands in `hay`, looked for by its beginning; -1 when it is nowhere. */
export function findAudio(hay: Int16Array, needle: Int16Array, length = 160): number {
  outer: for (let at = 0; at + length <= hay.length; at++) {
    for (let index = 0; index < length; index++) if (hay[at + index] !== needle[index]) continue outer;
    return at;
  }
  return -1;
}
