import type { Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { RTP_HEADER_BYTES, writeRtpHeader } from '#libs/media';
import type { AudioOutput } from '../audio-output.js';
import type { MediaSource } from './media-source.js';
import { RTP_CODECS, type RtpPayloadType } from './payload-types.js';

/** Sends audio to the far end of a leg, and only to a far end that has proved itself by sending. */
export class RtpOutput implements AudioOutput {
  readonly sampleRate: number;
  private readonly ssrc: number;
  private readonly timestampBase: number;
  private sequenceNumber: number;

  constructor(
    private readonly socket: Socket,
    private readonly source: MediaSource,
    private readonly type: RtpPayloadType,
  ) {
    this.sampleRate = type.sampleRate;
    const random = randomBytes(10);
    this.ssrc = random.readUInt32BE(0);
    this.timestampBase = random.readUInt32BE(4);
    this.sequenceNumber = random.readUInt16BE(8);
  }

  send(frame: Int16Array, atMs: number, begins: boolean): void {
    const to = this.source.verified;
    if (to === null) return;
    const { bytesPerSample, encode } = RTP_CODECS[this.type.codec];
    const packet = new Uint8Array(RTP_HEADER_BYTES + frame.length * bytesPerSample);
    const offset = writeRtpHeader(packet, {
      payloadType: this.type.payloadType,
      marker: begins,
      sequenceNumber: this.sequenceNumber,
      timestamp: (this.timestampBase + Math.round((atMs * this.sampleRate) / 1000)) >>> 0,
      ssrc: this.ssrc,
    });
    encode(frame, packet, offset);
    this.sequenceNumber = (this.sequenceNumber + 1) & 0xffff;
    // Whether a datagram leaves cannot be known better than by its not arriving.
    this.socket.send(packet, to.port, to.address, () => undefined);
  }

  clear(): void {
    // What was sent cannot be called back.
  }
}
