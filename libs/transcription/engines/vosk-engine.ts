import { WebSocket, type RawData } from 'ws';
import { RecgateError, type Hearing, type HearingRequest, type PcmSource, type SpeechToText } from '#libs/recording-model';
import { confidenceOf, listOf, millisecondsOf, objectOf, requireHearing, textOf, type AnswerObject } from '../answer-reader.js';
import { durationOf, inOrder, untimed, type HeardWord } from '../heard-word.js';

export interface VoskEngineOptions {
  /** `ws://` or `wss://`. */
  readonly url: string;
}

const CONNECT_MS = 10_000;
/** Samples in a message: a quarter of a second at telephone rate, as the server's own clients send it. */
const MESSAGE_SAMPLES = 4000;
/** An answer that does not come within this time does not come, ms. */
const ANSWER_MS = 60_000;
const LARGEST_ANSWER = 4 * 1024 * 1024;

/**
 * A Vosk server: offline, words with times and confidence. It answers every message, so that no more is sent than it can
 * hear. The language is that of the model it was started with.
 */
export function createVoskEngine({ url }: VoskEngineOptions): SpeechToText {
  return {
    name: 'vosk',
    async hear({ audio, signal }: HearingRequest): Promise<Hearing> {
      const talk = await Talk.open(url, signal);
      try {
        return { language: null, words: inOrder(await listen(talk, audio)) };
      } finally {
        talk.close();
      }
    },
  };
}

async function listen(talk: Talk, audio: PcmSource): Promise<HeardWord[]> {
  const longestMs = durationOf(audio);
  const words: HeardWord[] = [];
  const take = (answer: AnswerObject) => words.push(...wordsOf(answer, longestMs));
  talk.tell(JSON.stringify({ config: { sample_rate: audio.sampleRate, words: true } }));
  for await (const block of audio.blocks()) {
    for (let at = 0; at < block.length; at += MESSAGE_SAMPLES) {
      const piece = block.subarray(at, at + MESSAGE_SAMPLES);
      take(await talk.ask(Buffer.from(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))));
    }
  }
  take(await talk.ask('{"eof" : 1}'));
  return words;
}

/** Partial results are passed over: the words come again with the final one. */
function wordsOf(answer: AnswerObject, longestMs: number): readonly HeardWord[] {
  requireHearing('vosk', isHeard(answer));
  const timed = listOf(answer['result']).flatMap((word): HeardWord[] => {
    const text = textOf(word['word']);
    const startMs = millisecondsOf(word['start'], longestMs);
    const endMs = Math.max(startMs, millisecondsOf(word['end'], longestMs));
    return text === '' ? [] : [{ text, startMs, endMs, confidence: confidenceOf(word['conf']), speaker: null }];
  });
  return timed.length > 0 ? timed : untimed(textOf(answer['text']), 0, longestMs);
}

function isHeard({ partial, text, result, alternatives }: AnswerObject): boolean {
  return typeof partial === 'string' || typeof text === 'string' || Array.isArray(result) || Array.isArray(alternatives);
}

/** A conversation in which every question has one answer. */
class Talk {
  private waiting: { resolve: (answer: AnswerObject) => void; reject: (error: Error) => void } | null = null;
  private broken: RecgateError | null = null;

  private constructor(
    private readonly socket: WebSocket,
    private readonly signal: AbortSignal,
  ) {
    socket.on('message', (data) => this.receive(data));
    socket.on('close', () => this.fail('Vosk closed the connection'));
    socket.on('error', (error) => this.fail(`Vosk: ${error.message}`));
  }

  static async open(url: string, signal: AbortSignal): Promise<Talk> {
    const socket = new WebSocket(url, { handshakeTimeout: CONNECT_MS, maxPayload: LARGEST_ANSWER, perMessageDeflate: false });
    const talk = new Talk(socket, signal);
    const abort = () => talk.fail('The transcription was given up');
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', abort));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('close', () => reject(talk.broken ?? new RecgateError('outbound.failed', 'Vosk does not answer')));
    });
    return talk;
  }

  tell(message: string | Buffer): void {
    this.socket.send(message);
  }

  ask(message: string | Buffer): Promise<AnswerObject> {
    if (this.broken !== null) return Promise.reject(this.broken);
    if (this.signal.aborted) this.fail('The transcription was given up');
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.fail('Vosk does not answer any more'), ANSWER_MS);
      const settle = <T>(end: (value: T) => void) => (value: T) => {
        clearTimeout(late);
        this.waiting = null;
        end(value);
      };
      this.waiting = { resolve: settle(resolve), reject: settle(reject) };
      if (this.broken !== null) this.waiting.reject(this.broken);
      else this.tell(message);
    });
  }

  close(): void {
    this.socket.close();
    // A server that does not say goodbye is not waited for.
    setTimeout(() => this.socket.terminate(), 1000).unref();
  }

  private receive(data: RawData): void {
    const text = Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]).toString('utf8');
    try {
      this.waiting?.resolve(objectOf(JSON.parse(text)));
    } catch {
      this.broken ??= new RecgateError('outbound.refused', 'Vosk gave an answer that is no JSON');
      this.fail('');
    }
  }

  private fail(message: string): void {
    this.broken ??= new RecgateError('outbound.failed', message);
    this.waiting?.reject(this.broken);
    this.socket.terminate();
  }
}
