import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Hearing } from '#libs/recording-model';
import { composeTranscript, textWithReplacements } from './transcript-lines.js';

const FACTS = { id: 'id', engine: 'test', language: null, durationMs: 60_000 };
const word = (text: string, startMs: number, endMs = startMs + 100, confidence: number | null = null) => ({
  text,
  startMs,
  endMs,
  confidence,
  speaker: null,
});
const heard = (...words: Hearing['words'][number][]): Hearing => ({ language: 'en', words });
const linesOf = (...hearings: Hearing[]) => composeTranscript(FACTS, hearings).lines.map(({ speaker, text }) => `${speaker}: ${text}`);

describe('the lines of a transcript', () => {
  it('are turns: another speaker or a pause of more than a second begins a new one', () => {
    expect(linesOf(heard(word('a', 0), word('b', 200), word('c', 5000)), heard(word('x', 1500), word('y', 1700)))).toEqual([
      'caller: a b',
      'callee: x y',
      'caller: c',
    ]);
  });

  it('of people who speak at the same time alternate as they begin', () => {
    expect(linesOf(heard(word('a', 0, 900), word('b', 1000, 1100)), heard(word('x', 500, 600)))).toEqual(['caller: a', 'callee: x', 'caller: b']);
  });

  it('of one channel go by the speakers that the engine tells apart, if it does', () => {
    const guessed = heard({ ...word('a', 0), speaker: 'speaker 1' }, { ...word('b', 200), speaker: 'speaker 2' });
    expect(linesOf(guessed)).toEqual(['speaker 1: a', 'speaker 2: b']);
    expect(linesOf(heard(word('a', 0)))).toEqual(['speaker 1: a']);
  });

  it('never get longer than 15 seconds', () => {
    const lines = composeTranscript(FACTS, [heard(...Array.from({ length: 100 }, (_, index) => word('w', index * 500, index * 500 + 450)))]).lines;
    expect(lines.length).toBeGreaterThan(2);
    for (const { startMs, endMs } of lines) expect(endMs - startMs).toBeLessThanOrEqual(15_000);
  });

  it('lose and repeat no word, whatever was heard', () => {
    const anyWord = fc.record({ text: fc.constantFrom('a', 'b', 'c'), startMs: fc.nat(50_000), length: fc.nat(3000) });
    fc.assert(
      fc.property(fc.array(fc.array(anyWord, { maxLength: 30 }), { minLength: 1, maxLength: 2 }), (channels) => {
        const hearings = channels.map((list) => heard(...list.map(({ text, startMs, length }) => word(text, startMs, startMs + length))));
        const { words, text, lines } = composeTranscript(FACTS, hearings);
        expect(words.length).toBe(channels.flat().length);
        expect(text.split(' ').filter((each) => each !== '').length).toBe(words.length);
        expect(lines.map(({ startMs }) => startMs)).toEqual(lines.map(({ startMs }) => startMs).sort((a, b) => a - b));
      }),
    );
  });
});

describe('doubtful words', () => {
  const transcript = composeTranscript(FACTS, [heard(word('sure', 0, 100, 0.9), word('hm', 200, 300, 0.2), word('unknown', 400, 500, null))]);

  it('below the threshold are replaced, one by one; those without a confidence stay', () => {
    expect(textWithReplacements(transcript, 0.5, '_')).toBe('sure _ unknown');
    expect(textWithReplacements(transcript, 0.2, '_')).toBe('sure hm unknown');
  });

  it('stay where nobody wants them replaced', () => {
    expect(textWithReplacements(transcript, null, '_')).toBe('sure hm unknown');
  });
});
