import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A customer's server that keeps what it gets and answers with the status the test says. */
export class AnsweringReceiver {
  readonly received: Received[] = [];
  /** Status by the beginning of the path; 200 for all others. */
  readonly statuses = new Map<string, number>();
  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<AnsweringReceiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        receiver.received.push({ method, url, headers, body: Buffer.concat(chunks).toString('latin1') });
        response.statusCode = [...receiver.statuses].find(([path]) => url.startsWith(path))?.[1] ?? 200;
        response.end('said the receiver');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const receiver = new AnsweringReceiver(
      `http://127.0.0.1:${port}`,
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    return receiver;
  }

  /** Requests to paths that begin so, with such a text in their body; waits until there are as many. */
  async requests(path: string, count: number, text = ''): Promise<readonly Received[]> {
    for (;;) {
      const found = this.received.filter(({ url, body }) => url.startsWith(path) && body.includes(text));
      if (found.length >= count) return found;
      await delay(20);
    }
  }
}
