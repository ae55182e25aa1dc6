import type { Socket } from 'node:dgram';
import { RecgateError, type CallMediaListener } from '#libs/recording-model';
import type { Spool } from '../spool/spool.js';
import type { LiveLeg } from './live-leg.js';
import { LiveCallMedia, type LiveLegEvents } from './live-call-media.js';
import { RtpLeg, type RtpLegOptions } from './rtp/rtp-leg.js';
import { checkPayloadTypes } from './rtp/payload-types.js';
import { RtpPortAllocator, type RtpPortRange } from './rtp/port-allocator.js';
import { Ticker } from './ticker.js';

export interface MediaNodeOptions {
  readonly spool: Spool;
  /** Local address and ports of the RTP sockets. */
  readonly rtp: RtpPortRange;
  /** Calls at the same time; further ones are refused. */
  readonly maxCalls: number;
  /** Lateness of the event loop at which further calls are refused, ms. Default 150. */
  readonly maxLagMs?: number;
  /** Default 300. */
  readonly playoutDelayMs?: number;
  /** Wall time without any packet after which the owner of a call is told, ms; null: never. Default 20,000. */
  readonly mediaTimeoutMs?: number | null;
}

export type LegOptions = RtpLegOptions;

export interface LiveCallOptions {
  readonly callRef: string;
  /** One or two legs, or a conference mix as one. */
  readonly legs: readonly LegOptions[];
  readonly listener: CallMediaListener;
  /** Overrides the node's. */
  readonly mediaTimeoutMs?: number | null;
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
  private readonly calls = new Set<LiveCallMedia>();
  private readonly clock = (): number => performance.now();
  private readonly ticker: Ticker<LiveCallMedia>;
  private opening = 0;
  private closed = false;

  constructor(private readonly options: MediaNodeOptions) {
    this.ports = new RtpPortAllocator(options.rtp);
    this.ticker = new Ticker({
      turns: TURNS,
      clock: this.clock,
      onTurn: (call) => call.tick(),
      onTick: () => this.tickSounds(),
    });
  }

  get load(): MediaNodeLoad {
    return { calls: this.calls.size + this.opening, maxCalls: this.options.maxCalls, lagMs: this.ticker.lagMs };
  }

  /**
   * Opens the media of a call.
   * @throws RecgateError `node.full` before a further call would harm the running ones; `media.format` for legs that
   *   cannot be received; `request.invalid` for legs that do not make a call.
   */
  async openCall(call: LiveCallOptions): Promise<LiveCallMedia> {
    checkLegs(call.legs);
    this.admit();
    this.opening++;
    try {
      return await this.createCall(call);
    } finally {
      this.opening--;
    }
  }

  /** Finishes all running recordings as interrupted and lets go of everything. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.calls].map((call) => call.close()));
  }

  private admit(): void {
    const { calls, maxCalls, lagMs } = this.load;
    const maxLagMs = this.options.maxLagMs ?? 150;
    if (this.closed) throw new RecgateError('node.full', 'The media node is shutting down');
    if (calls >= maxCalls) throw new RecgateError('node.full', `The media node carries ${calls} calls and takes no more`);
    if (lagMs > maxLagMs) throw new RecgateError('node.full', `The media node is ${Math.round(lagMs)} ms late and takes no further call`);
  }

  private async createCall(call: LiveCallOptions): Promise<LiveCallMedia> {
    const makers = await this.prepareLegs(call.legs);
    const { spool, playoutDelayMs = 300, mediaTimeoutMs = 20_000 } = this.options;
    const media: LiveCallMedia = new LiveCallMedia({
      callRef: call.callRef,
      spool,
      listener: call.listener,
      playoutDelayMs,
      frameMs: FRAME_MS,
      mediaTimeoutMs: call.mediaTimeoutMs === undefined ? mediaTimeoutMs : call.mediaTimeoutMs,
      clock: this.clock,
      legs: (events) => makers.map((make) => make(events)),
      onClosed: () => this.forget(media),
    });
    this.calls.add(media);
    this.ticker.add(media);
    return media;
  }

  private async prepareLegs(legs: readonly LegOptions[]): Promise<((events: LiveLegEvents) => LiveLeg)[]> {
    for (const leg of legs) checkPayloadTypes(leg.payloadTypes, leg.telephoneEvent ?? null);
    const sockets: Socket[] = [];
    try {
      for (const _leg of legs) sockets.push(await this.ports.bind());
    } catch (thrown) {
      for (const socket of sockets) socket.close();
      throw thrown;
    }
    return legs.flatMap((leg, index) => {
      const socket = sockets[index];
      return socket === undefined ? [] : [(events: LiveLegEvents) => new RtpLeg(leg, socket, events)];
    });
  }

  private forget(call: LiveCallMedia): void {
    this.calls.delete(call);
    this.ticker.remove(call);
  }

  private tickSounds(): void {
    for (const call of this.calls) if (call.isPlaying) call.tickSounds();
  }
}

function checkLegs(legs: readonly LegOptions[]): void {
  const parties = legs.map(({ party }) => party);
  const valid = parties.length === 1 || (parties.length === 2 && parties.includes('caller') && parties.includes('callee'));
  if (!valid) throw new RecgateError('request.invalid', 'A call has one leg, or a caller and a callee');
}
