/** Reading speed of the estimate. */
const CHARACTERS_PER_SECOND = 14;
const SHORTEST_MS = 300;
const DIGIT_MS = 200;
const PAUSE_MARK_MS = 500;

/** How long a synthesizer takes for the text, about 14 characters a second, ms. */
export function estimatedSpeechMs(text: string): number {
  const length = text.trim().length;
  return length === 0 ? 0 : Math.max(SHORTEST_MS, Math.round((length * 1000) / CHARACTERS_PER_SECOND));
}

/** How long a row of tones takes: 100 ms each with as much pause; `w` and `,` wait half a second. */
export function digitsDurationMs(digits: string): number {
  let total = 0;
  for (const digit of digits) total += /[w,]/i.test(digit) ? PAUSE_MARK_MS : DIGIT_MS;
  return total;
}
