import { setTimeout as delay } from 'node:timers/promises';
import {
  toRecgateError,
  RecgateError,
  type CallIdentity,
  type CallMedia,
  type CallMediaListener,
  type ConferenceMedia,
  type Party,
  type RecordingRecord,
} from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';
import { CallRecordings } from './call-recordings.js';
import { whileLedgerIsAway } from './patient-writer.js';
import type { RecordingRun } from './recording-run.js';

/** Where it is written on which node a conference of an application is held; all who join must be there. */
export const CONFERENCES = 'calls.conferences';

/** Where it is written which node takes the calls of an application that has conferences, under its own id. */
export const CONFERENCE_HOMES = 'calls.conferenceHomes';

/** After an outage of the ledger the heartbeat of a living node may be missing for so long, ms. */
const HEARTBEAT_PATIENCE_MS = 3000;
/** How long a call waits for the ledger before it does without its conference, ms. */
const LEDGER_PATIENCE_MS = 15_000;

/** Nobody presses keys into a room, and its participants' own calls notice when their media ends. */
const UNHEARD: CallMediaListener = { keyPressed: () => undefined, advanced: () => undefined, mediaTimedOut: () => undefined };

interface Participant {
  readonly party: Party;
  onAlone: ((isAlone: boolean) => void) | null;
}

/** The room of one conference: those in it, and the recordings of their mix. It is over when the last one has left. */
export class ConferenceRoom {
  readonly recordings: CallRecordings;
  private readonly participants = new Map<CallMedia, Participant>();
  private ending: Promise<void> | null = null;

  constructor(
    ports: OrchestrationPorts,
    readonly identity: CallIdentity,
    readonly media: ConferenceMedia,
    /** Told when the last one has left, and again when all its recordings have come to rest. */
    private readonly onEnd: (how: 'ending' | 'ended') => Promise<void>,
  ) {
    const now = () => ({ callState: this.ending === null ? 'bridged' : 'ended', callDurationMs: Math.round(media.mediaTimeMs) }) as const;
    this.recordings = new CallRecordings(ports, now, (message) => ports.log.warn('conference', { callRef: media.callRef, message }));
  }

  get callRef(): string {
    return this.media.callRef;
  }

  get over(): boolean {
    return this.ending !== null;
  }

  join(call: CallMedia, party: Party): void {
    this.participants.set(call, { party, onAlone: null });
    try {
      this.media.join(call, party);
    } catch (thrown) {
      this.leave(call);
      throw thrown;
    }
    this.tellWhetherAlone();
  }

  /** Tells a participant, now and at each change, whether nobody else is in the conference. */
  watchAlone(call: CallMedia, onAlone: (isAlone: boolean) => void): void {
    const participant = this.participants.get(call);
    if (participant === undefined) return;
    participant.onAlone = onAlone;
    onAlone(this.participants.size === 1);
  }

  /** All but the one who pressed it hear the key. */
  forwardKey(from: CallMedia, key: string): void {
    for (const [call, { party }] of this.participants)
      if (call !== from) call.play({ kind: 'digits', digits: key, toward: [party] }, () => undefined);
  }

  /** Safe to repeat. */
  leave(call: CallMedia): void {
    if (!this.participants.delete(call)) return;
    this.media.leave(call);
    if (this.participants.size === 0) void this.end();
    else this.tellWhetherAlone();
  }

  /** Starts a recording of the mix; null when the vendor's rules make this start a repeat of a running one. */
  record(request: RecordingRequest, settled: (run: RecordingRun, record: RecordingRecord) => void): RecordingRun | null {
    const callDurationMs = Math.round(this.media.mediaTimeMs);
    const ofRoom: RecordingRequest = { ...request, callRef: this.callRef, call: this.identity, callState: 'bridged', callDurationMs };
    return this.recordings.start(this.media, ofRoom, true, settled);
  }

  private tellWhetherAlone(): void {
    for (const { onAlone } of this.participants.values()) onAlone?.(this.participants.size === 1);
  }

  /** Ends the conference; resolves when its recordings have come to rest. */
  end(): Promise<void> {
    this.ending ??= this.endOnce();
    return this.ending;
  }

  private async endOnce(): Promise<void> {
    const told = this.onEnd('ending');
    for (const call of this.participants.keys()) this.media.leave(call);
    this.participants.clear();
    this.media.hangup(null);
    await this.recordings.ended();
    await this.recordings.drained();
    await this.media.close();
    await told;
    await this.onEnd('ended');
  }
}

/** What rooms are opened with. */
export interface RoomFactory {
  /** @throws RecgateError `node.full` */
  openConference(callRef: string, listener: CallMediaListener): ConferenceMedia;
}

/** The conferences held on one node. */
export class ConferenceRooms {
  private readonly opening = new Map<string, Promise<ConferenceRoom>>();
  private readonly rooms = new Map<string, ConferenceRoom>();

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly nodeId: string,
    private readonly factory: RoomFactory,
    /** A holder that is missing is looked for again after this time, ms. */
    private readonly heartbeatPatienceMs = HEARTBEAT_PATIENCE_MS,
  ) {}

  /**
   * Lets a party of a call into the conference, which begins with its first participant.
   * @throws RecgateError `request.conflict` when it is held on another node, `node.full`
   */
  async join(context: CallContext, media: CallMedia, party: Party, conferenceId: string): Promise<ConferenceRoom> {
    const key = JSON.stringify([context.application.applicationId, conferenceId]);
    for (;;) {
      const room = await this.roomOf(key, context, conferenceId);
      if (room.over) continue;
      room.join(media, party);
      return room;
    }
  }

  /** The room with this reference; null when there is none here. */
  find(callRef: string): ConferenceRoom | null {
    return this.rooms.get(callRef) ?? null;
  }

  /** Ends all; resolves when their recordings have come to rest. */
  async stop(): Promise<void> {
    await Promise.all([...this.rooms.values()].map((room) => room.end()));
  }

  private roomOf(key: string, context: CallContext, conferenceId: string): Promise<ConferenceRoom> {
    const known = this.opening.get(key);
    if (known !== undefined) return known;
    const opening = this.open(key, context, conferenceId);
    this.opening.set(key, opening);
    opening.catch(() => this.opening.delete(key));
    return opening;
  }

  private async open(key: string, context: CallContext, conferenceId: string): Promise<ConferenceRoom> {
    const { applicationId } = context.application;
    const callRef = `conf_${this.ports.ids.hex(20)}`;
    try {
      await whileLedgerIsAway(LEDGER_PATIENCE_MS, () => this.claim(applicationId, conferenceId, callRef));
      const identity: CallIdentity = { ...context.identity, callId: conferenceId, conferenceId };
      const room = new ConferenceRoom(this.ports, identity, this.factory.openConference(callRef, UNHEARD), async (how) => {
        if (how === 'ended') this.rooms.delete(callRef);
        else this.opening.delete(key);
        if (how === 'ending') await this.release(applicationId, conferenceId, callRef);
      });
      this.rooms.set(callRef, room);
      return room;
    } catch (thrown) {
      await this.release(applicationId, conferenceId, callRef);
      throw thrown;
    }
  }

  /** Written down before anybody joins, so that two nodes never hold the same conference; a dead node's claim is void. */
  private async claim(applicationId: string, conferenceId: string, callRef: string): Promise<void> {
    const { documents } = this.ports.ledger;
    const earlier = (await documents.get(CONFERENCES, applicationId, conferenceId))?.body['nodeId'];
    const mayBeTaken = new Set([undefined, this.nodeId, ...(await this.isGone(earlier) ? [earlier] : [])]);
    const { applied, document } = await documents.update(CONFERENCES, applicationId, conferenceId, (current) =>
      mayBeTaken.has(current?.body['nodeId']) ? { body: { nodeId: this.nodeId, callRef }, sealed: null } : null,
    );
    if (applied) return this.settleHere(applicationId);
    const holder = document?.body['nodeId'];
    const where = typeof holder === 'string' ? holder : 'another';
    throw new RecgateError('request.conflict', `The conference ${conferenceId} is held on media node ${where}`);
  }

  /** The application's further calls come here, so that they can join. */
  private async settleHere(applicationId: string): Promise<void> {
    const { nodeId } = this;
    await this.ports.ledger.documents.update(CONFERENCE_HOMES, applicationId, applicationId, (current) =>
      current?.body['nodeId'] === nodeId ? null : { body: { nodeId }, sealed: null },
    );
  }

  private async isGone(nodeId: unknown): Promise<boolean> {
    if (typeof nodeId !== 'string' || nodeId === this.nodeId) return false;
    const isAlive = async () => (await this.ports.ledger.nodes.alive()).some((node) => node.nodeId === nodeId);
    if (await isAlive()) return false;
    await delay(this.heartbeatPatienceMs);
    return !(await isAlive());
  }

  private async release(applicationId: string, conferenceId: string, callRef: string): Promise<void> {
    const { ledger, log } = this.ports;
    await ledger.documents
      .update(CONFERENCES, applicationId, conferenceId, (current) => (current?.body['callRef'] === callRef ? 'remove' : null))
      .catch((thrown: unknown) => log.warn('a conference that is over is still written down', { callRef, reason: toRecgateError(thrown).message }));
  }
}
