import { describe, expect, it } from '@jest/globals';
import type { Transcript } from '#libs/recording-model';
import { toPlainText, toWebVtt } from './transcript-formats.js';

const TRANSCRIPT: Transcript = {
  id: 'cac8582f-db8a-4c4d-82e5-3e8026435a54',
  engine: 'test',
  language: 'en',
  durationMs: 3_700_000,
  text: '',
  words: [],
  lines: [
    { startMs: 0, endMs: 1500, channel: 0, speaker: 'caller', text: 'hello & <b>' },
    { startMs: 3_661_001, endMs: 3_661_001, channel: 1, speaker: 'callee', text: 'bye\n\nnow' },
  ],
};

describe('transcripts', () => {
  it('as WebVTT are captions with voices, with nothing that could be taken for markup', () => {
    expect(toWebVtt(TRANSCRIPT)).toBe(
      'WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.500\n<v caller>hello &amp; &lt;b&gt;</v>\n\n2\n01:01:01.001 --> 01:01:01.002\n<v callee>bye now</v>\n',
    );
  });

  it('as text are one line a turn', () => {
    expect(toPlainText({ ...TRANSCRIPT, lines: TRANSCRIPT.lines.slice(0, 1) })).toBe('[00:00:00] caller: hello & <b>\n');
  });

  it('without words are empty, and still valid', () => {
    expect([toWebVtt({ ...TRANSCRIPT, lines: [] }), toPlainText({ ...TRANSCRIPT, lines: [] })]).toEqual(['WEBVTT\n', '']);
  });
});
