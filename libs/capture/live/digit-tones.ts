import { writeDtmf } from '#libs/media';

const TONE_MS = 100;
const BETWEEN_MS = 100;
const PAUSE_MS = 500;
/** Peak of each of the two tones: -12 dBFS. */
const AMPLITUDE = 8231;

/**
 * Key tones, made as they are sent: a document may ask for any number of them. What is no key of the pad and no `w` takes
 * no time.
 */
export class DigitTones {
  readonly durationMs: number;
  private readonly keys: string;
  private index = 0;
  /** Where the current key begins, ms. */
  private beginMs = 0;

  constructor(digits: string) {
    this.keys = digits.replace(/[^0-9*#A-DwW]/gi, '');
    let durationMs = 0;
    for (const key of this.keys) durationMs += lengthMs(key);
    this.durationMs = durationMs;
  }

  /**
   * Writes the first `count` samples from a place on, which never goes back; nothing in them changes but every 20 ms.
   * @param placeMs from the beginning of the first key, ms
   */
  write(dst: Int16Array, count: number, placeMs: number, sampleRate: number): void {
    let key = this.keys.charAt(this.index);
    while (key !== '' && placeMs >= this.beginMs + lengthMs(key)) {
      this.beginMs += lengthMs(key);
      key = this.keys.charAt(++this.index);
    }
    const intoMs = placeMs - this.beginMs;
    if (key === '' || isPause(key) || intoMs >= TONE_MS) dst.fill(0, 0, count);
    else writeDtmf(dst, 0, count, key, sampleRate, AMPLITUDE, (intoMs * sampleRate) / 1000);
  }
}

function lengthMs(key: string): number {
  return isPause(key) ? PAUSE_MS : TONE_MS + BETWEEN_MS;
}

function isPause(key: string): boolean {
  return key.toLowerCase() === 'w';
}
