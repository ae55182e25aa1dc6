import { estimatedSpeechMs, type PlaybackHandle, type PlayMediaAction, type SpeakAction } from '#libs/call-flow';
import {
  isSecretRef,
  RecgateError,
  reveal,
  toRecgateError,
  type CallMedia,
  type MediaRequest,
  type Party,
  type PlaybackControl,
  type PromptAudio,
  type PromptSource,
  type SecretBag,
} from '#libs/recording-model';

/** Prompts of a call that are kept for their next pass, in samples of all together: about ten minutes of telephone audio. */
const MOST_KEPT_SAMPLES = 5_000_000;
const SILENCE_RATE = 8000;
/** How files of the application's own space are named inside the gateway. */
const OWN_SPACE = /^media:\/\/\//;

type PromptStep = SpeakAction | PlayMediaAction;

/** What the player needs of the call it plays into. */
export interface PromptCall {
  readonly tenantId: string;
  readonly applicationId: string;
  readonly media: CallMedia;
  /** Credentials that the running documents refer to. */
  secrets(): SecretBag;
  /** Who hears the step. */
  toward(step: PromptStep): readonly Party[];
  /** Resolves when a file that is still on its way can be played, or need not be waited for; `empty`: it has come to nothing. */
  untilPlayable(url: string, signal: AbortSignal): Promise<'playable' | 'empty'>;
  warn(message: string): void;
  /** The step cannot be played, and the flow cannot go on without it. */
  breaks(step: PlayMediaAction, error: RecgateError): void;
  /** The pass is over, by media time; `failed`: its audio could not be had. */
  ended(handle: PlaybackHandle, failed: boolean): void;
}

/** One pass on its way: first its audio is fetched, then it plays. */
interface Pass {
  readonly fetching: AbortController;
  control: PlaybackControl | null;
}

/**
 * Plays the prompts of one call. Audio is fetched beside the call and kept for further passes; a prompt that cannot be
 * had is warned about once and takes the time it would have taken (speech) or none (files).
 */
export class PromptPlayer {
  private readonly passes = new Map<PlaybackHandle, Pass>();
  /** Audio beside the flow; it goes on until it is over or the call is. */
  private readonly beside = new Set<Pass>();
  private readonly kept = new Map<string, PromptAudio>();
  private keptSamples = 0;
  private readonly failed = new WeakSet<PromptStep>();
  private silenceTold = false;

  constructor(
    private readonly prompts: PromptSource,
    private readonly call: PromptCall,
  ) {}

  /** One pass of speech; its length in ms where nothing is spoken, null where `ended` tells. */
  speak(handle: PlaybackHandle, step: SpeakAction): number | null {
    const estimate = estimatedSpeechMs(step.text);
    if (!this.prompts.speaks) {
      if (!this.silenceTold) this.call.warn('There is no speech engine: prompts take their time and are not spoken');
      this.silenceTold = true;
      return estimate;
    }
    if (estimate === 0 || this.failed.has(step)) return estimate;
    const { text, language, voice } = step;
    const key = JSON.stringify([text, language, voice]);
    this.begin(handle, step, key, (signal) => this.prompts.speak({ text, language, voice }, signal), estimate);
    return null;
  }

  /** One pass of a file, or all of them when it plays in the background; 0 where nothing is to be heard. */
  playMedia(handle: PlaybackHandle, step: PlayMediaAction): number | null {
    if (this.failed.has(step)) return 0;
    const key = JSON.stringify([step.url, step.userinfo, step.decryption]);
    const kept = this.kept.get(key);
    if (kept?.samples.length === 0) return 0;
    if (step.background) this.playBeside(step, key);
    else this.begin(handle, step, key, (signal) => this.fetch(step, signal), 0);
    return step.background ? 0 : null;
  }

  /** Cuts the pass short, or the fetching of its audio. */
  cancel(handle: PlaybackHandle): void {
    const pass = this.passes.get(handle);
    this.passes.delete(handle);
    if (pass !== undefined) cut(pass);
  }

  /** Cuts off everything. */
  stop(): void {
    for (const pass of [...this.passes.values(), ...this.beside]) cut(pass);
    this.passes.clear();
    this.beside.clear();
  }

  private begin(handle: PlaybackHandle, step: PromptStep, key: string, fetch: FetchPrompt, insteadMs: number): void {
    const pass: Pass = { fetching: new AbortController(), control: null };
    this.passes.set(handle, pass);
    const isWanted = (): boolean => this.passes.get(handle) === pass;
    const end = (failed: boolean): void => {
      if (!isWanted()) return;
      this.passes.delete(handle);
      this.call.ended(handle, failed);
    };
    const over = (): void => end(false);
    void this.audioOf(key, fetch, pass.fetching.signal)
      .catch((thrown: unknown) => {
        if (isWanted()) this.fails(step, thrown);
        return insteadMs === 0 ? null : silenceOf(insteadMs);
      })
      .then((audio) => {
        if (!isWanted()) return;
        if (audio === null || audio.samples.length === 0) return end(audio === null);
        pass.control = this.call.media.play({ kind: 'pcm', ...audio, toward: this.call.toward(step) }, over);
      })
      .catch((thrown: unknown) => {
        this.fails(step, thrown);
        end(true);
      });
  }

  private playBeside(step: PlayMediaAction, key: string): void {
    const pass: Pass = { fetching: new AbortController(), control: null };
    this.beside.add(pass);
    void this.audioOf(key, (signal) => this.fetch(step, signal), pass.fetching.signal)
      .then((audio) => this.again(pass, step, audio, 0))
      .catch((thrown: unknown) => {
        if (this.beside.delete(pass)) this.fails(step, thrown);
      });
  }

  private again(pass: Pass, step: PlayMediaAction, audio: PromptAudio, played: number): void {
    if (!this.beside.has(pass)) return;
    if (audio.samples.length === 0 || (step.repeat !== 0 && played >= step.repeat)) {
      this.beside.delete(pass);
      return;
    }
    const next = (): void => this.again(pass, step, audio, played + 1);
    pass.control = this.call.media.play({ kind: 'pcm', ...audio, toward: this.call.toward(step) }, next);
  }

  private async fetch(step: PlayMediaAction, signal: AbortSignal): Promise<PromptAudio> {
    const { tenantId, applicationId } = this.call;
    const secrets = this.call.secrets();
    const { url, userinfo, decryption } = step;
    const request: MediaRequest = {
      tenantId,
      applicationId,
      url,
      userinfo: isSecretRef(userinfo) ? reveal(secrets, userinfo) : null,
      decryption:
        decryption === undefined ? null : { key: reveal(secrets, decryption.key), vector: reveal(secrets, decryption.vector) },
      secrets,
    };
    if ((await this.call.untilPlayable(url, signal)) === 'empty') return silenceOf(0);
    return this.prompts.fetch(request, signal);
  }

  private async audioOf(key: string, fetch: FetchPrompt, signal: AbortSignal): Promise<PromptAudio> {
    const kept = this.kept.get(key);
    if (kept !== undefined) return kept;
    const audio = await fetch(signal);
    this.keep(key, audio);
    return audio;
  }

  /** The oldest make room. */
  private keep(key: string, audio: PromptAudio): void {
    if (audio.samples.length > MOST_KEPT_SAMPLES || this.kept.has(key)) return;
    this.kept.set(key, audio);
    this.keptSamples += audio.samples.length;
    for (const [name, { samples }] of this.kept) {
      if (this.keptSamples <= MOST_KEPT_SAMPLES) return;
      this.kept.delete(name);
      this.keptSamples -= samples.length;
    }
  }

  private fails(step: PromptStep, thrown: unknown): void {
    this.failed.add(step);
    const error = toRecgateError(thrown);
    const what = step.kind === 'speak' ? 'The text is not spoken' : `${step.url.replace(OWN_SPACE, '/')} is not played`;
    const message = `${what}: ${error.message}`;
    if (step.kind === 'speak' || step.required !== true) return this.call.warn(message);
    this.call.breaks(step, new RecgateError(error.code, message, { cause: error }));
  }
}

type FetchPrompt = (signal: AbortSignal) => Promise<PromptAudio>;

function cut(pass: Pass): void {
  pass.fetching.abort();
  pass.control?.cancel();
}

/** Time that passes in the call while nothing is heard. */
function silenceOf(durationMs: number): PromptAudio {
  return { samples: new Int16Array(Math.round((durationMs * SILENCE_RATE) / 1000)), sampleRate: SILENCE_RATE };
}
