import type { PromptAudio, SpeechRequest } from '#libs/recording-model';

export interface SpeechCacheLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** Remembers what was spoken last; the longest unused goes first. Whoever gets audio from it must not change it. */
export class SpeechCache {
  /** In the order of use. */
  private readonly kept = new Map<string, PromptAudio>();
  private bytes = 0;

  constructor(private readonly limits: SpeechCacheLimits) {}

  get(request: SpeechRequest): PromptAudio | null {
    const key = keyOf(request);
    const audio = this.kept.get(key);
    if (audio === undefined) return null;
    this.kept.delete(key);
    this.kept.set(key, audio);
    return audio;
  }

  put(request: SpeechRequest, audio: PromptAudio): void {
    const key = keyOf(request);
    this.remove(key);
    this.kept.set(key, audio);
    this.bytes += audio.samples.byteLength;
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.limits.entries && this.bytes <= this.limits.bytes) return;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    this.bytes -= this.kept.get(key)?.samples.byteLength ?? 0;
    this.kept.delete(key);
  }
}

function keyOf({ text, language, voice }: SpeechRequest): string {
  return JSON.stringify([text, language, voice]);
}
