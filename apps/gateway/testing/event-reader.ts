/** One event as it stood in the stream. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads a stream of server-sent events as a client does. */
export class EventReader {
  private readonly aborted = new AbortController();
  private readonly events: StreamedEvent[] = [];
  private wake: () => void = () => undefined;
  private buffer = '';
  /** True once the server has ended the stream. */
  ended = false;
  status = 0;
  contentType: string | null = null;
  comments = 0;

  /** Resolves once the stream is open and its first line has come. */
  static async open(url: string, key: string, lastEventId?: string): Promise<EventReader> {
    const reader = new EventReader();
    const headers = {
      authorization: `Bearer ${key}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const response = await fetch(url, { headers, signal: reader.aborted.signal });
    reader.status = response.status;
    reader.contentType = response.headers.get('content-type');
    void reader.read(response);
    while (reader.comments === 0 && !reader.ended) await reader.more();
    return reader;
  }

  /** The next event; waits for it. */
  async next(): Promise<StreamedEvent> {
    for (;;) {
      const event = this.events.shift();
      if (event !== undefined) return event;
      if (this.ended) throw new Error('the stream has ended');
      await this.more();
    }
  }

  async untilEnd(): Promise<void> {
    while (!this.ended) await this.more();
  }

  close(): void {
    this.aborted.abort();
  }

  private more(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private async read(response: Response): Promise<void> {
    try {
      const decoder = new TextDecoder();
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        this.take(decoder.decode(chunk, { stream: true }));
    } catch {
      // Aborted by the test.
    }
    this.ended = true;
    this.wake();
  }

  private take(text: string): void {
    this.buffer += text;
    const blocks = this.buffer.split('\n\n');
    this.buffer = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith(':')) this.comments += 1;
      else this.events.push(toEvent(block));
    }
    this.wake();
  }
}

function toEvent(block: string): StreamedEvent {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return {
    id: fields['id'] ?? '',
    event: fields['event'] ?? '',
    data: JSON.parse(fields['data'] ?? '{}') as Record<string, unknown>,
  };
}
