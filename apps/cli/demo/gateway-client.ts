import type { JsonObject } from '#libs/recording-model';

/** What the demo reads of a recording. */
export interface ShownRecording {
  readonly id: string;
  readonly state: string;
  readonly durationMs: number | null;
  readonly spec: { readonly format: { readonly container: string; readonly codec: string }; readonly channels: number };
  readonly capture: { readonly startedAt: string; readonly endedAt: string } | null;
  readonly rendition: { readonly sha256: string; readonly sizeBytes: number; readonly durationMs: number } | null;
  readonly receipt: { readonly location: string; readonly sha256: string } | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export interface ShownCall {
  readonly callRef: string;
  readonly state: string;
  readonly media: Readonly<Record<string, { readonly transport: string; readonly address: string }>>;
  readonly warnings: readonly string[];
}

/** The recording API as a customer's program uses it. */
export class GatewayClient {
  constructor(
    private readonly baseUrl: string,
    private readonly apiKey: string,
  ) {}

  createApplication(vendor: string, settings: Readonly<Record<string, string>>): Promise<{ id: string }> {
    return this.send('POST', '/v1/applications', { name: `${vendor} demo`, vendor, settings });
  }

  createCall(body: JsonObject): Promise<ShownCall> {
    return this.send('POST', '/v1/calls', body);
  }

  call(callRef: string): Promise<ShownCall> {
    return this.send('GET', `/v1/calls/${callRef}`);
  }

  async hangup(callRef: string, party: string): Promise<void> {
    await this.send('POST', `/v1/calls/${callRef}/events`, { type: 'hangup', party });
  }

  /** The first recording of a call, whole; null while there is none. */
  async recordingOf(callRef: string): Promise<ShownRecording | null> {
    const { items } = await this.send<{ items: { id: string }[] }>('GET', `/v1/recordings?callRef=${callRef}`);
    const first = items.at(-1);
    return first === undefined ? null : this.send('GET', `/v1/recordings/${first.id}`);
  }

  /** The stored audio, or null when the gateway keeps no copy of it. */
  async audio(recordingId: string): Promise<Buffer | null> {
    const response = await fetch(`${this.baseUrl}/v1/recordings/${recordingId}/audio`, { headers: this.headers() });
    if (response.status === 409) return null;
    if (!response.ok) throw new Error(`GET audio: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  private async send<T>(method: string, path: string, body?: JsonObject): Promise<T> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: { ...this.headers(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  private headers(): Record<string, string> {
    return { authorization: `Bearer ${this.apiKey}` };
  }
}
