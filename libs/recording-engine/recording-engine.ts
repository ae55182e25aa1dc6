import { assertNever, type FinishReason, type Party, type RecordingSpec } from '#libs/recording-model';
import { CaptureLimits } from './capture-limits.js';
import { ChannelWriter } from './channel-writer.js';
import type { Beep, EngineJob, EngineListener, RecordingSink } from './engine-ports.js';
import { KeyStop } from './key-stop.js';
import { PreRoll } from './pre-roll.js';
import { recordedParties, toSamples } from './recorded-parties.js';
import { SilenceStop } from './silence-stop.js';
import { SoundWatch } from './sound-watch.js';
import { StartTrigger } from './start-trigger.js';
import { Trimmer, type SettledRange } from './trimmer.js';

/** The beep before a recording. */
export const BEEP: Beep = { frequencyHz: 1000, durationMs: 400 };
/** Kept before the onset of the first sound, for `onFirstSound`. */
export const PRE_ROLL_MS = 100;
/** How far back a sound's onset can be found once it is believed, with the pre-roll on top. */
const PRE_ROLL_BUFFER_MS = 750;

/**
 * `waiting` for its trigger · `beeping` until the beep has passed · `listening` for the first sound · `recording` ·
 * `over`.
 */
type Phase = 'waiting' | 'beeping' | 'listening' | 'recording' | 'over';

/** Line noise is quieter, averaged over a whole recording. */
const LOUDEST_SILENCE_DBFS = -40;

/**
 * Runs one recording under its spec: audio of both legs and call events in, recorded audio and decisions out. Driven
 * by media time alone, so that live calls and files come to the same result; how the audio is cut into blocks makes no
 * difference. Allocates nothing per block.
 *
 * Two counts matter: `position` is media time, `heard` leaves out what passed while paused. From its first sample on a
 * recording takes everything that is heard, so positions heard and positions recorded differ by a constant.
 */
export class RecordingEngine {
  private readonly spec: RecordingSpec;
  private readonly parties: readonly Party[];
  private readonly trigger: StartTrigger;
  private readonly watch: SoundWatch;
  private readonly silence: SilenceStop;
  private readonly limits: CaptureLimits;
  private readonly keys: KeyStop;
  private readonly trimmer: Trimmer;
  private readonly writer: ChannelWriter;
  private readonly preRoll: PreRoll | null;

  private phase: Phase = 'waiting';
  private announced = false;
  private isPaused = false;
  private pauseTold = false;
  private isMasked = false;
  /** Position heard at which the last mask ended. */
  private unmaskedAt = 0;
  private position = 0;
  private heard = 0;
  private beepRemaining = 0;
  private captured = 0;
  /** Position heard of the first recorded sample; -1 before. */
  private origin = -1;
  private startSample = 0;
  /** Whether the stretch heard last ended with a stop key. */
  private keyHeard = false;

  private blockCaller: Int16Array | null = null;
  private blockCallee: Int16Array | null = null;
  private unwrittenFrom = 0;
  private unwrittenTo = 0;

  constructor(
    job: EngineJob,
    sink: RecordingSink,
    private readonly listener: EngineListener,
  ) {
    const { spec } = job;
    const { sampleRate } = spec;
    this.spec = spec;
    this.parties = recordedParties(spec.parties);
    this.trigger = new StartTrigger(spec.start, job.callAnswered, job.callBridged);
    this.watch = new SoundWatch(this.parties, sampleRate, spec.silence?.level ?? 'auto');
    this.silence = new SilenceStop(spec.silence, sampleRate);
    this.limits = new CaptureLimits(spec);
    this.keys = new KeyStop(spec.stopKeys, this.parties, sampleRate);
    this.trimmer = new Trimmer(spec.trim, this.parties.length, sampleRate);
    this.writer = new ChannelWriter(spec, sink);
    this.preRoll = spec.start === 'onFirstSound' ? new PreRoll(toSamples(PRE_ROLL_BUFFER_MS, sampleRate)) : null;
  }

  /** Whether the recording has come to its end (or to nothing); every further call is without effect. */
  get over(): boolean {
    return this.phase === 'over';
  }

  /** Samples taken since the engine was made. */
  get mediaSamples(): number {
    return this.position;
  }

  /** What of the audio recorded so far will most likely stay in the file; null while that cannot be told. */
  get settled(): SettledRange | null {
    return this.trimmer.settled(this.captured);
  }

  /** Takes the next `n` samples of both legs at `spec.sampleRate`; a leg that is not there is silence. */
  process(caller: Int16Array, callee: Int16Array, n: number): void {
    if (this.over) return;
    this.announce();
    this.blockCaller = caller;
    this.blockCallee = callee;
    this.unwrittenFrom = this.unwrittenTo = 0;
    for (let at = 0; at < n && !this.over;) at += this.step(caller, callee, at, n);
    this.flush();
    this.blockCaller = this.blockCallee = null;
  }

  /** The call was answered. */
  answered(): void {
    this.trigger.answered();
  }

  /** The call was connected to its other party. */
  bridged(): void {
    this.trigger.bridged();
  }

  /** A leg was replaced; ends the recording unless the spec follows transfers. */
  transferred(_party: Party): void {
    if (!this.spec.followTransfer) this.finish('transfer', {});
  }

  /** A key was signalled at the current position. Keys pressed before the trigger are not meant for the recording. */
  key(key: string, party: Party): void {
    if (this.phase !== 'waiting' && this.keys.stopsAt(key, party)) this.finish('stopKey', { key });
  }

  /** The call ended. */
  hangup(by: Party | null): void {
    this.finish('hangup', by === null ? {} : { hangupBy: by });
  }

  /** Ends the recording for a reason from outside. */
  stop(reason: FinishReason): void {
    this.finish(reason, {});
  }

  /** What passes from now to `resume` is left out of the recording and counts for no rule. */
  pause(): void {
    if (this.over || this.isPaused) return;
    this.isPaused = true;
    if (this.captured === 0) return;
    this.pauseTold = true;
    this.listener.paused(this.position);
  }

  resume(): void {
    if (this.over || !this.isPaused) return;
    this.isPaused = false;
    if (this.pauseTold) this.listener.resumed(this.position);
    this.pauseTold = false;
  }

  /** What passes from now to `unmask` is recorded as silence; the stop rules go on hearing the call. */
  mask(): void {
    this.isMasked = true;
  }

  unmask(): void {
    if (this.isMasked) this.unmaskedAt = this.heard;
    this.isMasked = false;
  }

  private announce(): void {
    if (this.announced) return;
    this.announced = true;
    this.listener.armed(this.position);
  }

  /** Handles the samples from `at` up to the next point where something can be decided; returns their number. */
  private step(caller: Int16Array, callee: Int16Array, at: number, n: number): number {
    if (this.phase === 'waiting' && this.trigger.ready) this.leaveWaiting();
    switch (this.phase) {
      case 'waiting':
        return this.hearOnly(caller, callee, at, n - at);
      case 'beeping':
        return this.beep(caller, callee, at, Math.min(n - at, this.beepRemaining));
      case 'listening':
        return this.isPaused ? this.skip(n - at) : this.listen(caller, callee, at, n);
      case 'recording':
        return this.isPaused ? this.skip(n - at) : this.record(caller, callee, at, n);
      case 'over':
        return n - at;
      default:
        return assertNever(this.phase, 'phase');
    }
  }

  private leaveWaiting(): void {
    this.beepRemaining = this.spec.beep ? toSamples(BEEP.durationMs, this.spec.sampleRate) : 0;
    if (this.beepRemaining === 0) return this.afterBeep();
    this.phase = 'beeping';
    this.listener.beepWanted(BEEP, this.position);
  }

  private afterBeep(): void {
    this.silence.begin(this.heard);
    this.origin = this.heard;
    this.phase = this.preRoll === null ? 'recording' : 'listening';
  }

  private beep(caller: Int16Array, callee: Int16Array, at: number, count: number): number {
    const taken = this.hearOnly(caller, callee, at, count);
    this.beepRemaining -= taken;
    if (this.beepRemaining === 0 && !this.over) this.afterBeep();
    return taken;
  }

  /** Learns the noise of the line, and notices a stop key, before anything is recorded. */
  private hearOnly(caller: Int16Array, callee: Int16Array, at: number, count: number): number {
    if (this.isPaused) return this.skip(count);
    const taken = this.hear(caller, callee, at, count);
    this.position += taken;
    if (this.phase !== 'waiting') this.finishOnKey();
    return taken;
  }

  private skip(count: number): number {
    this.position += count;
    return count;
  }

  /** Lets the detectors hear `count` samples, fewer when a stop key ends earlier; returns how many. */
  private hear(caller: Int16Array, callee: Int16Array, at: number, count: number): number {
    const foundAt = this.keys.scan(caller, callee, at, at + count);
    this.keyHeard = foundAt >= 0;
    const taken = this.keyHeard && this.phase !== 'waiting' ? foundAt - this.heard : count;
    this.watch.push(caller, callee, at, at + taken);
    this.heard += taken;
    return taken;
  }

  private finishOnKey(): void {
    if (this.keyHeard) this.finish('stopKey', { key: this.keys.key }, this.keys.toneStart);
  }

  private listen(caller: Int16Array, callee: Int16Array, at: number, n: number): number {
    const allowed = this.silence.remaining(this.heard, -1);
    if (allowed === 0) {
      this.finish('initialSilence', {});
      return 0;
    }
    const taken = this.hear(caller, callee, at, Math.min(n - at, this.watch.untilFrameEnd, allowed));
    this.preRoll?.push(caller, callee, at, at + taken, this.isMasked);
    this.position += taken;
    const onset = this.watch.activeSince;
    if (this.keyHeard) this.finishOnKey();
    else if (onset >= 0 && this.watch.lastSoundEnd > this.origin) this.beginAtOnset(onset, at + taken);
    else if (allowed === taken) this.finish('initialSilence', {});
    return taken;
  }

  /** Begins the recording shortly before `onset`, with what the pre-roll remembers. */
  private beginAtOnset(onset: number, nextIndex: number): void {
    const { preRoll } = this;
    if (preRoll === null) return;
    const earliest = Math.max(this.origin, this.heard - preRoll.available);
    const first = Math.max(earliest, onset - toSamples(PRE_ROLL_MS, this.spec.sampleRate));
    const back = this.heard - first;
    const count = Math.min(back, this.limits.remaining(0));
    this.origin = first;
    this.phase = 'recording';
    this.unwrittenFrom = this.unwrittenTo = nextIndex;
    if (count > 0) {
      this.startSample = this.position - back;
      this.listener.capturing(this.startSample);
      this.captured = count;
      // Masked stretches were remembered as silence.
      preRoll.replay(back, count, (caller, callee, from, to) => this.writer.write(caller, callee, from, to, false));
      if (!this.isMasked) this.observe();
    }
    if (this.limits.remaining(this.captured) === 0) this.finish(this.limits.reason, {});
  }

  private record(caller: Int16Array, callee: Int16Array, at: number, n: number): number {
    const room = this.limits.remaining(this.captured);
    const quiet = this.silence.remaining(this.heard, this.watch.lastSoundEnd);
    const count = Math.min(n - at, this.watch.untilFrameEnd, room, quiet);
    const taken = count === 0 ? 0 : this.take(caller, callee, at, count);
    if (this.over) return taken;
    if (taken > 0 && this.keyHeard) this.finishOnKey();
    else if (this.limits.remaining(this.captured) === 0) this.finish(this.limits.reason, {});
    else if (this.silence.remaining(this.heard, this.watch.lastSoundEnd) === 0) {
      this.finish(this.silence.reason(this.watch.lastSoundEnd), {});
    }
    return taken;
  }

  /** Records `count` samples (fewer up to a stop key); they are written together at the end of the block. */
  private take(caller: Int16Array, callee: Int16Array, at: number, count: number): number {
    if (this.captured === 0) this.beginHere();
    if (this.over) return 0;
    const taken = this.hear(caller, callee, at, count);
    if (this.unwrittenTo !== at) this.unwrittenFrom = at;
    this.unwrittenTo = at + taken;
    this.captured += taken;
    this.position += taken;
    if (!this.isMasked) this.observe();
    return taken;
  }

  /** Notes the sound in the recording; the detectors may rest once no rule and no cut depends on further sound. */
  private observe(): void {
    this.trimmer.observe(this.watch.detectors, this.origin, this.unmaskedAt);
    if (this.spec.silence === null && this.trimmer.isDecided(this.captured)) this.watch.rest();
  }

  private beginHere(): void {
    this.startSample = this.position;
    this.listener.capturing(this.position);
  }

  private flush(): void {
    const { blockCaller, blockCallee, unwrittenFrom, unwrittenTo } = this;
    if (blockCaller === null || blockCallee === null || unwrittenTo <= unwrittenFrom) return;
    this.unwrittenFrom = unwrittenTo;
    this.writer.write(blockCaller, blockCallee, unwrittenFrom, unwrittenTo, this.isMasked);
  }

  /** A steady signal is no speech, but when it is this loud it is not thrown away as silence either. */
  private isTooLoudForSilence(): boolean {
    return this.writer.levels().some(({ rmsDbfs }) => rmsDbfs !== null && rmsDbfs > LOUDEST_SILENCE_DBFS);
  }

  private finish(reason: FinishReason, about: { key?: string; hangupBy?: Party }, toneStartHeard = -1): void {
    if (this.over) return;
    this.flush();
    this.announce();
    this.phase = 'over';
    const toneStart = toneStartHeard < 0 ? -1 : Math.max(0, toneStartHeard - this.origin);
    const { leading, trailing, containsSound } = this.trimmer.finish(this.captured, toneStart);
    const nothingLeft = this.captured - leading - trailing <= 0;
    const onlySilence = this.spec.trim === 'both' && !containsSound && (toneStart >= 0 || !this.isTooLoudForSilence());
    if (nothingLeft || onlySilence) return this.listener.absent(reason, this.position, about.key);
    this.listener.ended({
      reason,
      ...about,
      capturedSamples: this.captured,
      trimLeadingSamples: leading,
      trimTrailingSamples: trailing,
      containsSound,
      startSample: this.startSample,
      endSample: this.position,
      levels: this.writer.levels(),
    });
  }
}
