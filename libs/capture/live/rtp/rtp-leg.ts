import type { RemoteInfo, Socket } from 'node:dgram';
import { RtpPlacement, TelephoneEventReceiver, createRtpHeader, parseRtpHeader } from '#libs/media';
import { countsOfRtp, type LegCounts, type LegParty } from '../../call/leg-source.js';
import type { LegEndpoint, LiveLeg } from '../live-leg.js';
import type { LiveLegEvents } from '../live-call-media.js';
import { RtpTap } from '../mixing/leg-tap.js';
import { PortHistory, StrayStreams, type SeenStream } from './former-streams.js';
import { MediaSource, type RtpRemote } from './media-source.js';
import { RTP_CODECS, type RtpPayloadType } from './payload-types.js';
import { RtpOutput } from './rtp-output.js';

export interface RtpLegOptions {
  readonly kind: 'rtp';
  readonly party: LegParty;
  /** What was negotiated; the first is what beeps and prompts are sent as. All share one clock rate. */
  readonly payloadTypes: readonly RtpPayloadType[];
  /**
   * Payload type of telephone-event (RFC 4733) at the same clock rate; null: none. Left out, nothing was negotiated: then
   * it is 101, as nearly everybody sends it, unless that is audio here.
   */
  readonly telephoneEvent?: number | null;
  /** Signalled address of the sender; left out: the first sender of valid RTP. */
  readonly remote?: RtpRemote | null;
  /** Whether key tones are looked for in the audio. Default: only without negotiated telephone-event, until the first event comes. */
  readonly inbandKeys?: boolean;
}

/** Room between the reader and the newest sample: the playout delay and a process held up for over 3 s. */
const CAPACITY_MS = 4000;
const MOST_SAMPLES = 65_536;
/** What telephone-event is where nobody has said it. */
const USUAL_TELEPHONE_EVENT = 101;
const NO_PAYLOAD_TYPE = -1;

/** One packet is decoded at a time, so all legs share the space. */
const decoded = new Int16Array(MOST_SAMPLES);
const header = createRtpHeader();

/** One RTP stream of a call: its socket, placement on the time line, key presses, and the way back. */
export class RtpLeg implements LiveLeg {
  readonly party: LegParty;
  readonly sampleRate: number;
  inbandKeys: boolean;
  readonly output: RtpOutput;
  /** Media time of the last packet, ms; null before the first. */
  lastPacketMs: number | null = null;
  muted = false;
  private heard = false;
  private taps: readonly RtpTap[] = [];
  private readonly source: MediaSource;
  private readonly placement: RtpPlacement;
  private readonly telephoneEvents = new TelephoneEventReceiver();
  private readonly telephoneEvent: number;
  private readonly codecs: (RtpPayloadType | undefined)[] = [];
  /** Streams of the port's earlier legs, and others that are not this leg's. */
  private readonly former: StrayStreams;
  private readonly strays = new StrayStreams();
  private readonly localPort: number;
  private lastSsrc = 0;
  private lastTimestamp = 0;

  constructor(
    options: RtpLegOptions,
    private readonly socket: Socket,
    private readonly events: LiveLegEvents,
    private readonly history: PortHistory,
  ) {
    this.localPort = socket.address().port;
    this.former = new StrayStreams(history.of(this.localPort));
    this.party = options.party;
    this.sampleRate = options.payloadTypes[0]?.sampleRate ?? 8000;
    this.inbandKeys = options.inbandKeys ?? (options.telephoneEvent ?? null) === null;
    this.telephoneEvent = telephoneEventOf(options);
    for (const type of options.payloadTypes) this.codecs[type.payloadType] = type;
    this.source = new MediaSource(options.remote ?? null);
    this.placement = new RtpPlacement({ sampleRate: this.sampleRate, capacityMs: CAPACITY_MS });
    this.output = new RtpOutput(socket, this.source, options.payloadTypes[0] ?? { payloadType: 0, codec: 'PCMU', sampleRate: 8000 });
    socket.on('message', this.onPacket);
    // A port that is unreachable over there says nothing about what arrives here.
    socket.on('error', () => undefined);
  }

  /** Local address for the sender. */
  get endpoint(): LegEndpoint {
    const { address, port } = this.socket.address();
    return { kind: 'rtp', party: this.party, address, port };
  }

  bufferedUntilMs(): number {
    const { buffered, position } = this.placement;
    return buffered === 0 ? 0 : ((position + buffered) * 1000) / this.sampleRate;
  }

  read(dst: Int16Array, n: number): void {
    this.placement.read(dst, n);
  }

  counts(): LegCounts {
    return countsOfRtp(this.placement.counts);
  }

  openTap(originMs: number): RtpTap {
    const tap = new RtpTap(this.sampleRate, originMs, (closed) => (this.taps = this.taps.filter((other) => other !== closed)));
    this.taps = [...this.taps, tap];
    return tap;
  }

  renegotiate(remote: RtpRemote | null): void {
    this.source.renegotiate(remote);
  }

  close(): void {
    this.history.keep(this.localPort, [...this.ownStream(), ...this.strays.seen, ...this.former.seen]);
    this.socket.close();
  }

  private ownStream(): readonly SeenStream[] {
    const { verified } = this.source;
    if (verified === null || this.lastPacketMs === null) return [];
    const atMs = performance.now() - (this.events.nowMs() - this.lastPacketMs);
    return [{ ...verified, ssrc: this.lastSsrc, timestamp: this.lastTimestamp, clockRate: this.sampleRate, atMs }];
  }

  private readonly onPacket = (packet: Buffer, from: RemoteInfo): void => {
    if (!parseRtpHeader(packet, header)) return;
    if (!this.source.allows(from)) return this.strays.note(from, header, this.sampleRate, performance.now());
    if (this.isOfAnotherCall(from)) return;
    if (header.payloadType === this.telephoneEvent) this.takeTelephoneEvent(packet, from);
    else this.takeAudio(packet, from);
  };

  /** What signalling has named is believed; otherwise nobody is who was sending here before. */
  private isOfAnotherCall(from: RemoteInfo): boolean {
    const { verified, isNamed } = this.source;
    return verified === null && !isNamed && this.former.goesOn(from, header, performance.now());
  }

  private takeAudio(packet: Buffer, from: RemoteInfo): void {
    const type = this.codecs[header.payloadType];
    if (type === undefined) {
      if (this.source.verified !== null) this.place(this.events.nowMs(), 0);
      return;
    }
    const { decode, bytesPerSample } = RTP_CODECS[type.codec];
    const { payloadOffset, payloadLength } = header;
    decode(packet, decoded, 0, payloadOffset, payloadOffset + payloadLength);
    const count = Math.floor(payloadLength / bytesPerSample);
    if (this.muted) decoded.fill(0, 0, count);
    this.place(this.arrived(from), count);
    if (!this.heard && count > 0) this.hear();
  }

  private hear(): void {
    this.heard = true;
    this.events.partyHeard(this.party);
  }

  private takeTelephoneEvent(packet: Buffer, from: RemoteInfo): void {
    this.place(this.arrived(from), 0);
    const key = this.telephoneEvents.push(header, packet);
    if (key === null) return;
    // Whoever signals keys may leave their tones in the audio as well; each counts once.
    this.inbandKeys = false;
    this.events.keySignalled(key, this.party, this.placeOfEventMs());
  }

  /** Where the event lies among the audio that waits; behind all of it where its timestamp says nothing about that. */
  private placeOfEventMs(): number {
    const place = this.placement.placeOf(header);
    const untilMs = this.bufferedUntilMs();
    return place === null ? untilMs : Math.min(untilMs, (place * 1000) / this.sampleRate);
  }

  /** Packets without audio (`count` 0) are placed too: they share the sequence numbers of the stream and would look lost. */
  private place(nowMs: number, count: number): void {
    this.placement.insert(header, decoded, Math.floor((nowMs * this.sampleRate) / 1000), count);
    if (this.taps.length > 0) this.passOn(nowMs, count);
  }

  private passOn(nowMs: number, count: number): void {
    for (const tap of this.taps) tap.take(header, decoded, nowMs, count);
  }

  private arrived(from: RemoteInfo): number {
    this.source.verify(from);
    this.lastSsrc = header.ssrc;
    this.lastTimestamp = header.timestamp;
    this.lastPacketMs = this.events.nowMs();
    return this.lastPacketMs;
  }
}

function telephoneEventOf({ telephoneEvent, payloadTypes }: RtpLegOptions): number {
  if (telephoneEvent !== undefined) return telephoneEvent ?? NO_PAYLOAD_TYPE;
  return payloadTypes.some(({ payloadType }) => payloadType === USUAL_TELEPHONE_EVENT) ? NO_PAYLOAD_TYPE : USUAL_TELEPHONE_EVENT;
}
