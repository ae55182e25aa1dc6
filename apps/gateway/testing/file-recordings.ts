import { setTimeout as delay } from 'node:timers/promises';
import { toneWav } from './audio.js';
import type { Answer, Body, GatewayUnderTest } from './gateway-under-test.js';

/** The identity of a call, as small as it can be. */
export const CALL = { callId: 'c-1', from: '+15165550138', to: '+15165550137' };
export const UPLOAD = { kind: 'upload' };

/** The first recording that a start made. */
export function first(answer: Answer): Body {
  const [recording] = answer.json()['recordings'] as unknown as Body[];
  if (recording === undefined) throw new Error(answer.text);
  return recording;
}

export function items(answer: Answer): Body[] {
  return answer.json()['items'] as unknown as Body[];
}

/** Starts recordings of files at one gateway; keeps every answer. */
export class FileRecordings {
  readonly answers: string[] = [];

  constructor(private readonly gateway: GatewayUnderTest) {}

  async start(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const answer = await this.gateway.ask('POST', '/v1/recordings', { body, headers });
    this.answers.push(answer.text);
    return answer;
  }

  put(id: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.gateway.ask('PUT', `/v1/recordings/${id}/source`, {
      body,
      headers: { 'content-type': 'audio/x-wav', ...headers },
    });
  }

  /** Delivers the bytes as a client does: once more when the gateway could not take them at the moment. */
  async deliver(id: string, body: Uint8Array): Promise<void> {
    for (;;) {
      const { status, text } = await this.put(id, body);
      // 409: of a try that was told to have failed the bytes had come nevertheless.
      if (status === 202 || status === 409) return;
      if (status !== 503) throw new Error(text);
      await delay(100);
    }
  }

  /** An available recording of one second of tone. */
  async available(applicationId: string, spec: object = {}): Promise<Body> {
    const id = String(first(await this.start({ applicationId, source: UPLOAD, call: CALL, spec }))['id']);
    await this.deliver(id, toneWav(1));
    return this.gateway.until(id, 'available', 'failed');
  }
}
