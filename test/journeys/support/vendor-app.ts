import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the application got it. */
export interface Received {
  /** Wall time of its arrival, ms since 1970. */
  readonly at: number;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values in order and spelling as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

export interface AppAnswer {
  readonly status?: number;
  readonly body?: string | Buffer;
  readonly contentType?: string;
}

/** What an application does at a path: a document, an answer, or something decided by the request. */
export type Route = string | AppAnswer | ((request: Received) => string | AppAnswer | Promise<string | AppAnswer>);

/** A customer's application that hands out any document and keeps every request. */
export interface VendorApp {
  readonly url: string;
  readonly received: readonly Received[];
  /** Requests to a path (without query), in order. */
  at(path: string): readonly Received[];
  close(): Promise<void>;
}

/** Starts an application on a free loopback port. Paths that no route names are answered with 200 and nothing. */
export async function startVendorApp(routes: Readonly<Record<string, Route>>): Promise<VendorApp> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const at = Date.now();
    readBody(request)
      .then(async (body) => {
        const { method = 'GET', url = '/', rawHeaders } = request;
        const path = url.split('?')[0] ?? '/';
        const got: Received = {
          at,
          method,
          url,
          path,
          headers: textHeaders(request),
          rawHeaders,
          body,
          text: body.toString('utf8'),
        };
        received.push(got);
        const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
        const answer = typeof route === 'function' ? await route(got) : (route ?? {});
        const { status = 200, body: text = '', contentType } = typeof answer === 'string' ? { body: answer } : answer;
        response.writeHead(status, contentType === undefined ? {} : { 'content-type': contentType }).end(text);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    at: (path) => received.filter((request) => request.path === path),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function textHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
