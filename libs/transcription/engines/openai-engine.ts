import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Hearing, HearingRequest, SpeechToText } from '#libs/recording-model';
import { confidenceOf, listOf, millisecondsOf, readAnswer, requireHearing, textOf, type AnswerObject } from '../answer-reader.js';
import type { EngineHttp } from '../engine-http.js';
import { durationOf, inOrder, untimed, type HeardWord } from '../heard-word.js';
import { wavStream, type WavStream } from '../wav-stream.js';

export interface OpenaiEngineOptions {
  /** Base URL, without `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | null;
}

/**
 * Engines that speak OpenAI's transcription API: whisper.cpp's server, faster-whisper, and others. They know words with
 * times; a probability only some of them.
 */
export function createOpenaiEngine({ url, model, apiKey }: OpenaiEngineOptions, http: EngineHttp): SpeechToText {
  const name = 'openai';
  return {
    name,
    async hear({ audio, language, settings, secrets, signal }: HearingRequest): Promise<Hearing> {
      const key = secrets['transcriptionKey'] ?? apiKey;
      const form = multipart(wavStream(audio), {
        model: settings['transcriptionModel'] ?? model,
        response_format: 'verbose_json',
        'timestamp_granularities[]': 'word',
        ...(language === null ? {} : { language: language.split(/[-_]/)[0] ?? language }),
      });
      const answer = await http({
        url: `${url.replace(/\/+$/, '')}/v1/audio/transcriptions`,
        headers: { 'content-type': form.contentType, ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
        contentLength: form.contentLength,
        open: form.open,
        signal,
      });
      return readTranscription(readAnswer(name, answer), durationOf(audio));
    },
  };
}

/**
 * Words stand beside the segments (OpenAI) or within them (whisper.cpp); without any, segments and text are all there is.
 * @throws RecgateError `outbound.refused` when the answer is none: silence has a text, too, the empty one
 */
function readTranscription(answer: AnswerObject, longestMs: number): Hearing {
  const language = textOf(answer['language']);
  const segments = listOf(answer['segments']);
  const listed = [...listOf(answer['words']), ...segments.flatMap(({ words }) => listOf(words))];
  const timed = listed.flatMap((word) => wordOf(word, longestMs));
  requireHearing('openai', typeof answer['text'] === 'string' || Array.isArray(answer['segments']) || timed.length > 0);
  const words = timed.length > 0 ? timed : linesOf(answer, segments, longestMs);
  return { language: language === '' ? null : language, words: inOrder(words) };
}

function wordOf(word: AnswerObject, longestMs: number): HeardWord[] {
  const text = textOf(word['word']);
  if (text === '') return [];
  const startMs = millisecondsOf(word['start'], longestMs);
  const endMs = Math.max(startMs, millisecondsOf(word['end'], longestMs));
  return [{ text, startMs, endMs, confidence: confidenceOf(word['probability']), speaker: null }];
}

function linesOf(answer: AnswerObject, segments: readonly AnswerObject[], longestMs: number): readonly HeardWord[] {
  if (segments.length === 0) return untimed(textOf(answer['text']), 0, longestMs);
  return segments.flatMap(({ text, start, end }) => untimed(textOf(text), millisecondsOf(start, longestMs), millisecondsOf(end, longestMs)));
}

/** The form of RFC 7578 with a file whose length is known, so that it can be streamed. */
function multipart(file: WavStream, fields: Readonly<Record<string, string>>) {
  const boundary = `recgate-${randomUUID()}`;
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = Buffer.from(
    `${parts.join('')}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="audio.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* bytes(): AsyncGenerator<Buffer> {
    yield head;
    for await (const chunk of file.open() as AsyncIterable<Buffer>) yield chunk;
    yield tail;
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: head.length + file.contentLength + tail.length,
    open: () => Readable.from(bytes(), { objectMode: false }),
  };
}
