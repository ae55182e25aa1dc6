import type { CallRecord, JsonObject, RecordingEvent } from '#libs/recording-model';
import type { RecordingDto, StartedRecordingsDto } from '../../../apps/gateway/api-v1/recordings/recording.dto.js';
import type { DeliveryDto } from '../../../apps/gateway/api-v1/deliveries/delivery.dto.js';
import type { InstructedDto } from '../../../apps/gateway/api-v1/calls.dto.js';
import { until } from './until.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

/** The gateway's own API as a customer's program uses it. Every answer is kept, to look for what must not be in it. */
export class GatewayApi {
  readonly answers: string[] = [];

  constructor(
    readonly url: string,
    readonly apiKey: string,
  ) {}

  async ask(
    method: string,
    path: string,
    body?: object | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.apiKey}`,
        ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString('latin1');
    this.answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
    return { status: response.status, headers: response.headers, bytes, text: bytes.toString('utf8') };
  }

  /** @throws Error when the answer is not a success */
  async get<T>(path: string): Promise<T> {
    return this.json(await this.ask('GET', path), `GET ${path}`);
  }

  async post<T>(path: string, body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    return this.json(await this.ask('POST', path, body, headers), `POST ${path}`);
  }

  async application(vendor: string, settings: Readonly<Record<string, string>>): Promise<string> {
    const { id } = await this.post<{ id: string }>('/v1/applications', { name: `${vendor} journey`, vendor, settings });
    return id;
  }

  /** A node that is short of breath refuses new calls for a moment; whoever calls tries again. */
  async createCall(body: JsonObject): Promise<CallRecord> {
    const answer = await until('a node takes the call', async () => {
      const tried = await this.ask('POST', '/v1/calls', body);
      return tried.status !== 503 && tried;
    });
    return this.json(answer, 'POST /v1/calls');
  }

  call(callRef: string): Promise<CallRecord> {
    return this.get(`/v1/calls/${callRef}`);
  }

  /** Recordings of a call, oldest first, whole. */
  async recordingsOf(callRef: string): Promise<RecordingDto[]> {
    const { items } = await this.get<{ items: { id: string }[] }>(`/v1/recordings?callRef=${callRef}`);
    return Promise.all(items.toReversed().map(({ id }) => this.recording(id)));
  }

  recording(id: string): Promise<RecordingDto> {
    return this.get(`/v1/recordings/${id}`);
  }

  async events(id: string): Promise<readonly RecordingEvent[]> {
    return (await this.get<{ items: RecordingEvent[] }>(`/v1/recordings/${id}/events`)).items;
  }

  async deliveries(id: string): Promise<readonly DeliveryDto[]> {
    return (await this.get<{ items: DeliveryDto[] }>(`/v1/recordings/${id}/deliveries`)).items;
  }

  /** The stored audio. @throws Error when the gateway does not have it */
  async audio(id: string): Promise<Buffer> {
    const { status, bytes, text } = await this.ask('GET', `/v1/recordings/${id}/audio`);
    if (status !== 200) throw new Error(`GET audio: ${status} ${text}`);
    return bytes;
  }

  instruct(
    callRef: string,
    body: { readonly document: string; readonly role?: string; readonly url?: string },
    headers?: Readonly<Record<string, string>>,
  ): Promise<InstructedDto> {
    return this.post(`/v1/calls/${callRef}/instructions`, body, headers);
  }

  start(body: object, headers?: Readonly<Record<string, string>>): Promise<StartedRecordingsDto> {
    return this.post('/v1/recordings', body, headers);
  }

  private json<T>({ status, text }: Answer, what: string): T {
    if (status < 200 || status > 299) throw new Error(`${what}: ${status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }
}
