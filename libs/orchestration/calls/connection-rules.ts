import type { ConferenceKeys, ConnectAction, FlowRequest } from '#libs/recording-model';

/** What a connection asks of its call besides connecting it. */
export interface RuledCall {
  /** Nobody has answered in the time that the document gives. */
  nobodyAnswers(): void;
  /** Plays key tones to whoever is connected. */
  sendDigits(digits: string): void;
  /** The other participants of the conference hear the key. */
  forwardKey(key: string): void;
  /** Keys that were pressed in the conference are told; nothing follows the answer. */
  tellKeys(request: FlowRequest, digits: string): void;
}

/** Ends the keys that are gathered, where more than one is. */
const LAST_KEY = '#';

/** Carries out what a document says about the connection under way: ringing, digits, keys in a conference, its end. */
export class ConnectionRules {
  private step: ConnectAction | null = null;
  private begunAtMs = 0;
  private isConnected = false;
  private endedForGood = false;
  private gathered = '';
  private lastKeyMs = 0;

  constructor(private readonly call: RuledCall) {}

  /** The connection under way; null: there is none. */
  get current(): ConnectAction | null {
    return this.step;
  }

  /** Whether whoever is connected, or the end of their time, is the end of the call. */
  get endsCall(): boolean {
    return this.step?.rules?.endsCall === true;
  }

  /** Whether the last connection was one whose end is the end of the call. */
  get isOverForGood(): boolean {
    return this.endedForGood;
  }

  begins(step: ConnectAction, mediaTimeMs: number): void {
    this.step = step;
    this.begunAtMs = mediaTimeMs;
    this.isConnected = this.endedForGood = false;
    this.gathered = '';
  }

  connected(): void {
    if (this.step === null || this.isConnected) return;
    this.isConnected = true;
    const digits = this.step.rules?.digits ?? null;
    if (digits !== null) this.call.sendDigits(digits);
  }

  over(): void {
    this.endedForGood = this.isConnected && this.endsCall;
    this.tellGathered();
    this.step = null;
  }

  advanced(mediaTimeMs: number): void {
    const { ringMs = null } = this.step?.rules ?? {};
    if (ringMs !== null && !this.isConnected && mediaTimeMs >= this.begunAtMs + ringMs) return this.call.nobodyAnswers();
    const keys = this.keys;
    if (keys?.kind === 'tell' && mediaTimeMs >= this.lastKeyMs + keys.timeoutMs) this.tellGathered();
  }

  key(key: string, mediaTimeMs: number): void {
    const keys = this.keys;
    if (keys === null) return;
    if (keys.kind === 'forward') return this.call.forwardKey(key);
    const isLast = key === LAST_KEY && keys.maxDigits > 1;
    if (!isLast) this.gathered += key;
    this.lastKeyMs = mediaTimeMs;
    if (isLast || this.gathered.length >= keys.maxDigits) this.tellGathered();
  }

  private get keys(): ConferenceKeys | null {
    return this.isConnected ? (this.step?.rules?.keys ?? null) : null;
  }

  private tellGathered(): void {
    const { keys, gathered } = this;
    this.gathered = '';
    if (keys?.kind === 'tell' && gathered !== '') this.call.tellKeys(keys.request, gathered);
  }
}
