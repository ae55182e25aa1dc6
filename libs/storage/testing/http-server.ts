import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on a loopback port of its own. */
export interface RunningServer {
  readonly server: Server;
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Cuts all connections and waits until the port is free. */
  close(): Promise<void>;
}

/** Starts a server on loopback; port 0 takes a free one. */
export async function listenOnLoopback(listener: RequestListener, port = 0): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout: 1000 }, listener);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, port: address.port, url: `http://127.0.0.1:${address.port}`, close };
}

/** A loopback URL on which nothing listens. */
export async function deadUrl(): Promise<string> {
  const running = await listenOnLoopback(() => undefined);
  await running.close();
  return running.url;
}

/**
 * The whole body of a request.
 * @throws Error when the sender went away before its end
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
