import type { Transcript, TranscriptLine } from '#libs/recording-model';

/** The forms in which a transcript is handed out. */
export const TRANSCRIPT_FORMATS = {
  json: { contentType: 'application/json', render: (transcript: Transcript) => JSON.stringify(transcript) },
  vtt: { contentType: 'text/vtt; charset=utf-8', render: toWebVtt },
  text: { contentType: 'text/plain; charset=utf-8', render: toPlainText },
} as const;

export type TranscriptFormat = keyof typeof TRANSCRIPT_FORMATS;

/** WebVTT with a voice tag a cue (W3C WebVTT §3). */
export function toWebVtt({ lines }: Transcript): string {
  const cues = lines.map((line, index) => `${index + 1}\n${timing(line)}\n<v ${escaped(line.speaker)}>${escaped(line.text)}</v>\n`);
  return ['WEBVTT\n', ...cues].join('\n');
}

/** One line a turn: `[00:00:04] caller: hello`. */
export function toPlainText({ lines }: Transcript): string {
  return lines.map(({ startMs, speaker, text }) => `[${clock(startMs).slice(0, 8)}] ${speaker}: ${text}\n`).join('');
}

/** A cue of no length is never shown. */
function timing({ startMs, endMs }: TranscriptLine): string {
  return `${clock(startMs)} --> ${clock(Math.max(endMs, startMs + 1))}`;
}

/** `hh:mm:ss.mmm`. */
function clock(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(Math.floor(ms % 1000)).padStart(3, '0')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/\s+/g, ' ');
}
