import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** One request the application received, kept for the person (or the test) who watches. */
export interface ReceivedRequest {
  /** Wall time of its arrival, ms since 1970. */
  readonly at: number;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8; of an uploaded file one character a byte (latin1). */
  readonly body: string;
}

export interface KazooAppOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Where the platform reaches the application, when that is not the address it listens at. */
  readonly publicUrl?: string;
}

export interface KazooApp {
  readonly url: string;
  /** In the order of arrival; grows while the application runs. */
  readonly received: readonly ReceivedRequest[];
  /** Uploaded files by `recording_id`: an upload that is repeated replaces the former. */
  readonly files: ReadonlyMap<string, Buffer>;
  close(): Promise<void>;
}

/** The answer to a Pivot request: record the call as MP3, send the file to `/kzr`, and ring the user meanwhile. */
export function supportCallflow(url: string): object {
  return {
    module: 'record_call',
    data: { action: 'start', format: 'mp3', label: 'support line', time_limit: 1200, method: 'put', url: `${url}/kzr` },
    children: {
      _: { module: 'user', data: { id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11' }, children: {} },
    },
  };
}

/** Starts a Pivot application as Kazoo's documentation teaches it: callflow out, audio file and `object` webhook in. */
export async function startKazooApp({ port, host = '127.0.0.1', publicUrl }: KazooAppOptions): Promise<KazooApp> {
  const received: ReceivedRequest[] = [];
  const files = new Map<string, Buffer>();
  let ownUrl = '';
  const server = createServer((request, response) => {
    const at = Date.now();
    readBody(request)
      .then((bytes) => {
        const { method = 'GET', url = '/' } = request;
        const { pathname, searchParams } = new URL(url, 'http://app');
        const isFile = pathname.startsWith('/kzr/');
        received.push({
          at,
          method,
          url,
          headers: textHeaders(request),
          body: bytes.toString(isFile ? 'latin1' : 'utf8'),
        });
        if (isFile && (method === 'PUT' || method === 'POST')) {
          files.set(searchParams.get('recording_id') ?? pathname, bytes);
          return response.writeHead(201).end();
        }
        if (pathname === '/callflow') {
          return response
            .writeHead(200, { 'Content-Type': 'application/json' })
            .end(JSON.stringify(supportCallflow(ownUrl)));
        }
        return response.writeHead(pathname === '/hook' ? 200 : 404).end();
      })
      .catch(() => response.destroy());
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  ownUrl = publicUrl ?? `http://${host}:${address.port}`;
  return { url: ownUrl, received, files, close: () => close(server) };
}

function textHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const app = await startKazooApp({ port: Number(process.env['PORT'] ?? 8082) });
  console.log(`callflow: ${app.url}/callflow`);
}
