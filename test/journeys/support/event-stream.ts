import type { RecordingEvent } from '#libs/recording-model';
import type { GatewayApi } from './gateway-api.js';

/** The server-sent events of the API as a browser would see them. */
export class EventStreamReader {
  readonly events: RecordingEvent[] = [];
  readonly ids: string[] = [];
  private readonly abort = new AbortController();

  /** @param query what is listened to, for example `callRef=…` */
  static async open(api: GatewayApi, query: string): Promise<EventStreamReader> {
    const reader = new EventStreamReader();
    const response = await fetch(`${api.url}/v1/events?${query}`, {
      headers: { authorization: `Bearer ${api.apiKey}`, accept: 'text/event-stream' },
      signal: reader.abort.signal,
    });
    if (response.status !== 200 || response.body === null) throw new Error(`GET /v1/events: ${response.status}`);
    reader.read(response.body).catch(() => undefined);
    return reader;
  }

  close(): void {
    this.abort.abort();
  }

  private async read(body: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.take(block);
    }
  }

  private take(block: string): void {
    const lines = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const),
    );
    const data = lines.get('data');
    if (data === undefined) return;
    this.ids.push(lines.get('id') ?? '');
    this.events.push(JSON.parse(data) as RecordingEvent);
  }
}
