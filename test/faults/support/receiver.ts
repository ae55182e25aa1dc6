import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Callback {
  readonly at: number;
  /** `webhook-id`: the same on every try of one delivery. */
  readonly id: string;
  readonly path: string;
  readonly body: string;
  /** What was answered. */
  readonly status: number;
}

/** A customer's server: takes callbacks and answers as it is told. */
export interface Receiver {
  readonly url: string;
  /** Every request, in the order of arrival. */
  readonly callbacks: Callback[];
  /** How to answer; a status, or null for never. Default: 200. */
  answer: (path: string, body: string) => number | null;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const callbacks: Callback[] = [];
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const path = request.url ?? '';
      const status = receiver.answer(path, body);
      callbacks.push({ at: Date.now(), id: String(request.headers['webhook-id']), path, body, status: status ?? 0 });
      if (status === null) hanging.add(response);
      else response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    callbacks,
    answer: () => 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
