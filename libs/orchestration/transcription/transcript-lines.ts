import type { Hearing, Transcript, TranscriptLine, TranscriptWord } from '#libs/recording-model';

/** A longer silence within one speaker's words begins a new line. */
const PAUSE_MS = 1000;
/** Nobody speaks longer without a breath; it keeps captions readable. */
const LONGEST_LINE_MS = 15_000;

/** Who speaks in a channel: certain where each party has its own. */
export const CHANNEL_SPEAKERS = ['caller', 'callee'] as const;
const SOLE_SPEAKER = 'speaker 1';

/** Puts together what was heard in the channels of one recording. */
export function composeTranscript(
  facts: Pick<Transcript, 'id' | 'engine' | 'durationMs'> & { readonly language: string | null },
  hearings: readonly Hearing[],
): Transcript {
  const parted = hearings.length > 1;
  const words = hearings
    .flatMap((hearing, channel) => hearing.words.map((word) => ({ ...word, channel, speaker: speakerOf(word.speaker, channel, parted) })))
    .sort((a, b) => a.startMs - b.startMs || a.channel - b.channel);
  const lines = linesOf(words);
  const language = facts.language ?? hearings.find((hearing) => hearing.language !== null)?.language ?? null;
  return { ...facts, language, text: lines.map(({ text }) => text).join(' '), words, lines };
}

/**
 * The text with every word replaced that the engine was not sure of (FlexML contract §2). Words without a confidence
 * stay.
 */
export function textWithReplacements({ words, text }: Transcript, threshold: number | null, replacement: string | null): string {
  if (threshold === null || replacement === null) return text;
  const shown = words.map((word) => (word.confidence !== null && word.confidence < threshold ? { ...word, text: replacement } : word));
  return linesOf(shown)
    .map((line) => line.text)
    .join(' ');
}

/** Turns of one speaker each, in the order in which they begin. */
export function linesOf(words: readonly TranscriptWord[]): TranscriptLine[] {
  const lines: { line: TranscriptLine; texts: string[] }[] = [];
  for (const word of words) {
    const speaker = word.speaker ?? SOLE_SPEAKER;
    const open = lines.findLast(({ line }) => line.speaker === speaker && line.channel === word.channel);
    // Somebody else has spoken meanwhile: what follows is a new turn, even after a short pause.
    const goesOn = open !== undefined && open === lines.at(-1) && fits(open.line, word);
    if (goesOn) {
      open.texts.push(word.text);
      open.line = { ...open.line, endMs: Math.max(open.line.endMs, word.endMs) };
    } else {
      const { startMs, endMs, channel } = word;
      lines.push({ line: { startMs, endMs, channel, speaker, text: '' }, texts: [word.text] });
    }
  }
  return lines.map(({ line, texts }) => ({ ...line, text: texts.join(' ') }));
}

function fits(line: TranscriptLine, word: TranscriptWord): boolean {
  return word.startMs - line.endMs <= PAUSE_MS && word.endMs - line.startMs <= LONGEST_LINE_MS;
}

function speakerOf(heard: string | null, channel: number, parted: boolean): string {
  if (parted) return CHANNEL_SPEAKERS[channel] ?? `channel ${channel + 1}`;
  return heard ?? SOLE_SPEAKER;
}
