import { RecgateError, type CallMedia, type ConferenceMedia, type Party } from '#libs/recording-model';
import { LiveCallMedia, type LiveCallMediaOptions } from './live-call-media.js';
import { Hearing, type FrameSource } from './mixing/hearing.js';
import type { LegTap } from './mixing/leg-tap.js';
import { RoomLeg } from './mixing/room-leg.js';

interface Seat {
  readonly call: LiveCallMedia;
  readonly party: Party;
  readonly hearing: Hearing;
  readonly recorded: LegTap;
  /** What the others say. */
  readonly others: FrameSource;
  /** What the participant hears: the others, or nothing of them. */
  heard: FrameSource;
}

/**
 * The room of a conference. Its media is a call of one leg, the mix of all who have joined; what is played to it all of
 * them hear. Participants are muted on their own calls, whose recordings go on unchanged.
 */
export class LiveConference extends LiveCallMedia implements ConferenceMedia {
  private readonly seats = new Map<CallMedia, Seat>();
  private readonly room: RoomLeg;

  constructor(options: Omit<LiveCallMediaOptions, 'legs' | 'mediaTimeoutMs' | 'onHeard' | 'onFailed'>) {
    const room = new RoomLeg();
    super({ ...options, mediaTimeoutMs: null, onHeard: () => undefined, onFailed: () => this.hangup(null), legs: () => [room] });
    this.room = room;
  }

  override get isSending(): boolean {
    return this.seats.size > 0 || super.isSending;
  }

  /** @throws RecgateError `request.invalid` when the call has no live media or no such party. */
  join(call: CallMedia, party: Party): void {
    if (!(call instanceof LiveCallMedia) || call instanceof LiveConference) throw notLive();
    this.leave(call);
    if (this.isOver || call.isOver) return;
    const fromMs = Math.ceil(this.nowMs());
    const recorded = call.openTap(party, this.clockAt(fromMs));
    if (recorded === null) throw notLive();
    this.room.add(recorded, fromMs);
    const hearing = new Hearing((originMs) => call.openTap(party, originMs) ?? recorded);
    const others: FrameSource = { addTo: (frame, sampleRate) => this.addOthers(call, frame, sampleRate) };
    this.seats.set(call, { call, party, hearing, recorded, others, heard: others });
    call.connect(party, others, () => this.leave(call));
  }

  hold(call: CallMedia, on: boolean): void {
    const seat = this.seats.get(call);
    if (seat === undefined) return;
    seat.call.disconnect(seat.heard);
    // Silence takes the place of the others, so that the end of the call is told all the same.
    seat.heard = on ? { addTo: () => undefined } : seat.others;
    seat.call.connect(seat.party, seat.heard, () => this.leave(call));
  }

  leave(call: CallMedia): void {
    const seat = this.seats.get(call);
    if (seat === undefined) return;
    this.seats.delete(call);
    seat.call.disconnect(seat.heard);
    seat.hearing.close();
    this.room.remove(seat.recorded, Math.ceil(this.nowMs()));
  }

  /** Moves on to the 20 ms that belong to this time of the clock; the participants' calls then send them. */
  override sendFrame(frameClockMs: number): void {
    super.sendFrame(frameClockMs);
    this.room.announcement.moveTo(Math.round(frameClockMs));
    for (const { hearing } of this.seats.values()) hearing.moveTo(frameClockMs);
  }

  /** The participants' calls have sent the frame. */
  endFrame(): void {
    this.room.announcement.release();
    for (const { hearing } of this.seats.values()) hearing.release();
  }

  protected override ended(): void {
    for (const call of [...this.seats.keys()]) this.leave(call);
    super.ended();
  }

  private addOthers(listener: CallMedia, frame: Int16Array, sampleRate: number): void {
    this.room.announcement.addTo(frame, sampleRate);
    for (const [call, { hearing }] of this.seats) if (call !== listener) hearing.addTo(frame, sampleRate);
  }
}

function notLive(): RecgateError {
  return new RecgateError('request.invalid', 'Only a party of a live call can take part in a conference');
}
