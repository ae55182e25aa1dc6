import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { Server } from 'node:http';
import { RecgateError, type CallMediaListener, type ConferenceMedia } from '#libs/recording-model';
import type { LegParty } from '../call/leg-source.js';
import type { Spool } from '../spool/spool.js';
import type { LiveLeg } from './live-leg.js';
import { LiveCallMedia, type LiveLegEvents } from './live-call-media.js';
import { LiveConference } from './live-conference.js';
import { PortHistory } from './rtp/former-streams.js';
import { RtpLeg, type RtpLegOptions } from './rtp/rtp-leg.js';
import { checkPayloadTypes } from './rtp/payload-types.js';
import { RtpPortAllocator, type RtpPortRange } from './rtp/port-allocator.js';
import { Sending } from './sending.js';
import { Ticker } from './ticker.js';
import type { StreamDialect, StreamFacts } from './websocket/dialect.js';
import { StreamGate } from './websocket/stream-gate.js';
import type { Welcome } from './websocket/welcome.js';
import { StreamLeg } from './websocket/stream-leg.js';

export interface MediaNodeOptions {
  readonly spool: Spool;
  /** Local address and ports of the RTP sockets. */
  readonly rtp: RtpPortRange;
  /** Calls at the same time; further ones are refused. */
  readonly maxCalls: number;
  /** Mean lateness of the event loop over a second at which further calls are refused, ms. Default 150. */
  readonly maxLagMs?: number;
  /** Default 300. */
  readonly playoutDelayMs?: number;
  /** Wall time without any packet after which the owner of a call is told, ms; null: never. Default 20,000. */
  readonly mediaTimeoutMs?: number | null;
  /** Paths at which WebSocket streams are let in. Default `/streams`. */
  readonly streamPrefix?: string;
  /** Asked about WebSocket streams at paths below `/applications/`; left out: there are none. */
  readonly welcome?: Welcome;
}

/** One WebSocket that carries one or two legs. */
export interface StreamOptions {
  readonly kind: 'websocket';
  readonly dialect: StreamDialect;
  /** One party; or caller and callee, in this order the channels of a `raw` stream. */
  readonly parties: readonly LegParty[];
  /** Path below `streamPrefix`; default `<streamPrefix>/<dialect>`. The token is put behind it. */
  readonly path?: string;
  /** Secret that lets this stream in; made when left out. */
  readonly token?: string;
  /** Whether key tones are looked for in the audio. Default true. */
  readonly inbandKeys?: boolean;
}

export type LegOptions = RtpLegOptions | StreamOptions;

/** What the owner of a live call hears. */
export interface LiveCallListener extends CallMediaListener {
  /** The far end of a WebSocket stream has stopped or gone: for most platforms the end of the call. */
  streamEnded?(parties: readonly LegParty[]): void;
  /** The far end of a stream has said what it sends. */
  streamOpened?(facts: StreamFacts, parties: readonly LegParty[]): void;
  /** Something in the work of the call has thrown; it cannot go on. Told once; without a listener its media ends. */
  mediaFailed?(thrown: unknown): void;
  /** The first audio of a leg has arrived; key presses are none. Once per leg. */
  partyHeard?(party: LegParty): void;
}

export interface LiveCallOptions {
  readonly callRef: string;
  /** One or two legs, or a conference mix as one. */
  readonly legs: readonly LegOptions[];
  readonly listener: LiveCallListener;
  /** Overrides the node's. */
  readonly mediaTimeoutMs?: number | null;
}

/** The room of a conference. */
export interface ConferenceOptions {
  readonly callRef: string;
  readonly listener: CallMediaListener;
}

/** How busy a node is. */
export interface MediaNodeLoad {
  readonly calls: number;
  readonly maxCalls: number;
  readonly lagMs: number;
}

/** Each call is processed every third tick of 20 ms. */
const TURNS = 3;
const FRAME_MS = 60;

/** Owns the live media of one process: ports, the one ticker, the calls, and how many of them it can bear. */
export class MediaNode {
  private readonly ports: RtpPortAllocator;
  /** What still comes to the ports of legs that are over. */
  private readonly history = new PortHistory();
  private readonly gate: StreamGate;
  private readonly streamPrefix: string;
  private readonly calls = new Set<LiveCallMedia>();
  private readonly rooms = new Set<LiveConference>();
  private readonly clock = (): number => performance.now();
  private readonly ticker: Ticker<LiveCallMedia>;
  private readonly sending = new Sending(this.calls, this.rooms);
  private opening = 0;
  private closed = false;

  constructor(private readonly options: MediaNodeOptions) {
    this.ports = new RtpPortAllocator(options.rtp);
    this.streamPrefix = options.streamPrefix ?? '/streams';
    this.gate = new StreamGate(this.streamPrefix, options.welcome);
    this.ticker = new Ticker({
      turns: TURNS,
      clock: this.clock,
      onTurn: (call, readUntil) => call.guard(() => call.tick(readUntil)),
      onTick: () => this.sending.tick(this.clock()),
    });
  }

  get load(): MediaNodeLoad {
    return { calls: this.calls.size + this.rooms.size + this.opening, maxCalls: this.options.maxCalls, lagMs: this.ticker.lagMs };
  }

  /**
   * Opens the media of a call.
   * @throws RecgateError `node.full` before a further call would harm the running ones; `media.format` for legs that
   *   cannot be received; `request.invalid` for legs that do not make a call.
   */
  async openCall(call: LiveCallOptions): Promise<LiveCallMedia> {
    checkLegs(call.legs, this.streamPrefix);
    this.admit();
    this.opening++;
    try {
      return await this.createCall(call);
    } finally {
      this.opening--;
    }
  }

  /**
   * Opens the room of a conference, which counts as a call.
   * @throws RecgateError `node.full`
   */
  openConference({ callRef, listener }: ConferenceOptions): ConferenceMedia {
    this.admit();
    const { spool, playoutDelayMs = 300 } = this.options;
    const onClosed = (): void => {
      this.rooms.delete(room);
      this.ticker.remove(room);
    };
    const room: LiveConference = new LiveConference({ callRef, listener, spool, playoutDelayMs, frameMs: FRAME_MS, clock: this.clock, onClosed });
    this.rooms.add(room);
    this.ticker.add(room);
    return room;
  }

  /** Lets WebSocket streams in at this server. */
  attach(server: Server): void {
    this.gate.attach(server);
  }

  /** Finishes all running recordings as interrupted and lets go of everything. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.rooms, ...this.calls].map((call) => call.close()));
  }

  private admit(): void {
    const { calls, maxCalls, lagMs } = this.load;
    const maxLagMs = this.options.maxLagMs ?? 150;
    if (this.closed) throw new RecgateError('node.full', 'The media node is shutting down');
    if (calls >= maxCalls) throw new RecgateError('node.full', `The media node carries ${calls} calls and takes no more`);
    if (lagMs > maxLagMs) throw new RecgateError('node.full', `The media node is ${Math.round(lagMs)} ms late and takes no further call`);
  }

  private async createCall(call: LiveCallOptions): Promise<LiveCallMedia> {
    const makers = await this.prepareLegs(call.legs, call.listener);
    const { spool, playoutDelayMs = 300, mediaTimeoutMs = 20_000 } = this.options;
    const media: LiveCallMedia = new LiveCallMedia({
      callRef: call.callRef,
      spool,
      listener: call.listener,
      playoutDelayMs,
      frameMs: FRAME_MS,
      mediaTimeoutMs: call.mediaTimeoutMs === undefined ? mediaTimeoutMs : call.mediaTimeoutMs,
      clock: this.clock,
      legs: (events) => makers.flatMap((make) => make(events)),
      onHeard: (party) => call.listener.partyHeard?.(party),
      onFailed: (thrown) => {
        if (call.listener.mediaFailed === undefined) media.hangup(null);
        else call.listener.mediaFailed(thrown);
      },
      onClosed: () => this.forget(media),
    });
    this.calls.add(media);
    this.ticker.add(media);
    return media;
  }

  private async prepareLegs(legs: readonly LegOptions[], listener: LiveCallListener): Promise<LegMaker[]> {
    const rtp = legs.filter((leg) => leg.kind === 'rtp');
    const sockets = await this.bindSockets(rtp);
    return legs.map((leg) => {
      if (leg.kind === 'websocket') return (events) => this.expectStream(leg, listener, events);
      const socket = sockets.get(leg);
      return (events) => (socket === undefined ? [] : [new RtpLeg(leg, socket, events, this.history)]);
    });
  }

  private async bindSockets(legs: readonly RtpLegOptions[]): Promise<Map<RtpLegOptions, Socket>> {
    for (const leg of legs) checkPayloadTypes(leg.payloadTypes, leg.telephoneEvent ?? null);
    const sockets = new Map<RtpLegOptions, Socket>();
    try {
      for (const leg of legs) sockets.set(leg, await this.ports.bind());
    } catch (thrown) {
      for (const socket of sockets.values()) socket.close();
      throw thrown;
    }
    return sockets;
  }

  private expectStream(stream: StreamOptions, listener: LiveCallListener, events: LiveLegEvents): readonly LiveLeg[] {
    const base = stream.path ?? `${this.streamPrefix}/${stream.dialect}`;
    const path = `${base}/${stream.token ?? randomBytes(24).toString('base64url')}`;
    const legs = stream.parties.map(
      (party) => new StreamLeg(party, stream.inbandKeys ?? true, { kind: 'websocket', party, path }, events, () => this.gate.forget(path)),
    );
    this.gate.expect(path, { dialect: stream.dialect, legs, onEnded: () => guarded(listener, () => listener.streamEnded?.(stream.parties)), onOpened: (facts) => listener.streamOpened?.(facts, stream.parties) });
    return legs;
  }

  private forget(call: LiveCallMedia): void {
    this.calls.delete(call);
    this.ticker.remove(call);
  }
}

type LegMaker = (events: LiveLegEvents) => readonly LiveLeg[];

/** What an owner does about its own call must not end the process. */
function guarded(listener: LiveCallListener, tell: () => void): void {
  try {
    tell();
  } catch (thrown) {
    listener.mediaFailed?.(thrown);
  }
}

function checkLegs(legs: readonly LegOptions[], streamPrefix: string): void {
  const parties = legs.flatMap((leg) => (leg.kind === 'rtp' ? [leg.party] : leg.parties));
  const valid = parties.length === 1 || (parties.length === 2 && parties.includes('caller') && parties.includes('callee'));
  if (!valid) throw new RecgateError('request.invalid', 'A call has one leg, or a caller and a callee');
  for (const leg of legs) {
    if (leg.kind !== 'websocket') continue;
    if (leg.dialect === 'sinch' && leg.parties.length > 1) throw new RecgateError('request.invalid', 'A Sinch stream carries one leg');
    const outside = leg.path !== undefined && !leg.path.startsWith(`${streamPrefix}/`);
    if (outside) throw new RecgateError('request.invalid', `The path of a stream must begin with ${streamPrefix}/`);
    if (leg.token !== undefined && !/^[A-Za-z0-9_-]{16,}$/.test(leg.token)) {
      throw new RecgateError('request.invalid', 'The token of a stream must have 16 or more letters, digits, - or _');
    }
  }
}
