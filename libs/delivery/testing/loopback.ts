import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server on a free port of 127.0.0.1 that notes what arrives. */
export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  readonly arrived: readonly Arrived[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function startServer(
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => unknown,
): Promise<LoopbackServer> {
  const arrived: Arrived[] = [];
  const listener: RequestListener = (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString('utf8');
      arrived.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      await handle(request, response, body);
    })().catch(() => response.destroy());
  };
  return listen(createServer(listener), arrived);
}

export async function listen(server: Server, arrived: readonly Arrived[] = []): Promise<LoopbackServer> {
  let connections = 0;
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    arrived,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
