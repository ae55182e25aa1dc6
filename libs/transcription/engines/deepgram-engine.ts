import { RecgateError, type Hearing, type HearingRequest, type SpeechToText } from '#libs/recording-model';
import { confidenceOf, listOf, millisecondsOf, objectOf, readAnswer, requireHearing, textOf, type AnswerObject } from '../answer-reader.js';
import type { EngineHttp } from '../engine-http.js';
import { durationOf, inOrder, untimed, type HeardWord } from '../heard-word.js';
import { wavStream } from '../wav-stream.js';

export interface DeepgramEngineOptions {
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | null;
}

/** Deepgram's API for recorded audio: words with times, confidence and, in a mixed channel, speakers. */
export function createDeepgramEngine({ url, model, apiKey }: DeepgramEngineOptions, http: EngineHttp): SpeechToText {
  const name = 'deepgram';
  return {
    name,
    async hear({ audio, language, settings, secrets, signal }: HearingRequest): Promise<Hearing> {
      const key = secrets['transcriptionKey'] ?? apiKey;
      if (key === null) throw new RecgateError('field.missing', 'Deepgram wants an API key', { field: 'transcriptionKey' });
      const query = new URLSearchParams({
        model: settings['transcriptionModel'] ?? model,
        smart_format: 'true',
        diarize: 'true',
        ...(language === null ? { detect_language: 'true' } : { language }),
      });
      const { contentLength, open } = wavStream(audio);
      const answer = await http({
        url: `${url.replace(/\/+$/, '')}/v1/listen?${query.toString()}`,
        headers: { 'content-type': 'audio/wav', authorization: `Token ${key}` },
        contentLength,
        open,
        signal,
      });
      return readListening(readAnswer(name, answer), durationOf(audio));
    },
  };
}

/** @throws RecgateError `outbound.refused` when the answer is none: silence is heard in channels, too */
function readListening(answer: AnswerObject, longestMs: number): Hearing {
  const [channel = {}] = listOf(objectOf(answer['results'])['channels']);
  const [best = {}] = listOf(channel['alternatives']);
  const timed = listOf(best['words']).flatMap((word) => wordOf(word, longestMs));
  requireHearing('deepgram', typeof best['transcript'] === 'string' || timed.length > 0);
  const language = textOf(channel['detected_language']);
  const words = timed.length > 0 ? timed : untimed(textOf(best['transcript']), 0, longestMs);
  return { language: language === '' ? null : language, words: inOrder(words) };
}

function wordOf(word: AnswerObject, longestMs: number): HeardWord[] {
  const text = textOf(word['punctuated_word']) || textOf(word['word']);
  if (text === '') return [];
  const startMs = millisecondsOf(word['start'], longestMs);
  const endMs = Math.max(startMs, millisecondsOf(word['end'], longestMs));
  const speaker = typeof word['speaker'] === 'number' ? `speaker ${word['speaker'] + 1}` : null;
  return [{ text, startMs, endMs, confidence: confidenceOf(word['confidence']), speaker }];
}
