import { createSocket, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MULAW_SILENCE, parseWavHeader, writeRtpHeader } from '#libs/media';

const FRAME_SAMPLES = 160;
const FRAME_MS = 20;
const PCMU = 0;
const RTP_HEADER_BYTES = 12;

/** A two-party conversation, µ-law 8 kHz, in frames of 20 ms; caller on the left channel of the file, callee on the right. */
export interface Conversation {
  readonly caller: readonly Uint8Array[];
  readonly callee: readonly Uint8Array[];
  readonly durationMs: number;
}

/** @throws Error when the file is not stereo µ-law at 8 kHz */
export function readConversation(file: string): Conversation {
  const bytes = readFileSync(file);
  const wav = parseWavHeader(bytes);
  if (wav.codec !== 'mulaw' || wav.channels !== 2 || wav.sampleRate !== 8000) throw new Error(`${file} must be stereo µ-law at 8 kHz`);
  const audio = bytes.subarray(wav.dataOffset, wav.dataOffset + (wav.dataBytes ?? bytes.length));
  const frames = Math.floor(audio.length / 2 / FRAME_SAMPLES);
  const channel = (offset: number) =>
    Array.from({ length: frames }, (_, frame) =>
      Uint8Array.from({ length: FRAME_SAMPLES }, (_sample, index) => audio[(frame * FRAME_SAMPLES + index) * 2 + offset] ?? MULAW_SILENCE),
    );
  return { caller: channel(0), callee: channel(1), durationMs: frames * FRAME_MS };
}

/** One party's phone: sends silence from the start, the party's words once asked to speak, silence again after them. */
export class RtpPhone {
  private readonly socket: Socket = createSocket('udp4');
  private readonly packet = new Uint8Array(RTP_HEADER_BYTES + FRAME_SAMPLES);
  private readonly silence = new Uint8Array(FRAME_SAMPLES).fill(MULAW_SILENCE);
  private readonly ssrc = randomBytes(4).readUInt32BE();
  private words: readonly Uint8Array[] = [];
  private position = 0;
  private sequenceNumber = 0;
  private readonly host: string;
  private readonly port: number;
  /** Packets the gateway sent back (beeps, prompts). */
  heard = 0;

  constructor(address: string) {
    const [host = '127.0.0.1', port = '0'] = address.split(':');
    this.host = host;
    this.port = Number(port);
    this.socket.on('message', () => (this.heard += 1));
  }

  speak(words: readonly Uint8Array[]): void {
    this.words = words;
    this.position = 0;
  }

  /** Sends the frame of this 20 ms. */
  tick(): void {
    writeRtpHeader(this.packet, {
      payloadType: PCMU,
      marker: this.sequenceNumber === 0,
      sequenceNumber: this.sequenceNumber & 0xffff,
      timestamp: (this.sequenceNumber * FRAME_SAMPLES) >>> 0,
      ssrc: this.ssrc,
    });
    this.packet.set(this.words[this.position++] ?? this.silence, RTP_HEADER_BYTES);
    this.sequenceNumber += 1;
    this.socket.send(this.packet, this.port, this.host);
  }

  close(): void {
    this.socket.close();
  }
}

/** Ticks all phones every 20 ms by the wall clock; a late tick is made good at once. */
export function startClock(phones: readonly RtpPhone[]): () => void {
  const started = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; sent * FRAME_MS <= performance.now() - started; sent += 1) for (const phone of phones) phone.tick();
  }, FRAME_MS / 2);
  return () => clearInterval(timer);
}
