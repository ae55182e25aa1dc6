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
  readonly body: string;
}

export interface FlexmlAppOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Where the platform reaches the application, when that is not the address it listens at. */
  readonly publicUrl?: string;
}

export interface FlexmlApp {
  readonly url: string;
  /** In the order of arrival; grows while the application runs. */
  readonly received: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** The instructions: both parties until `#`, 10 s of silence, two minutes or hang-up. The same as voicemail.xml beside this file. */
export const VOICEMAIL_DOCUMENT = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Record finishOnKey="#" timeout="10" maxLength="120" playBeep="true" trim="do-not-trim" stringKey1="voicemail"
          action="/action" method="POST" callbackUrl="/callback"
          recordingStatusCallback="/status" recordingStatusCallbackEvent="completed,failed,absent"/>
  <Say>We did not hear anything.</Say>
  <Hangup/>
</Response>
`;

const GOODBYE_DOCUMENT = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Say>Thank you. Goodbye.</Say>
  <Hangup/>
</Response>
`;

interface Answer {
  readonly status: number;
  readonly document?: string;
}

/** `POST path` → answer. Instructions are XML; callbacks want no answer but a status. */
const ROUTES: Readonly<Record<string, Answer>> = {
  'POST /flexml': { status: 200, document: VOICEMAIL_DOCUMENT },
  'POST /action': { status: 200, document: GOODBYE_DOCUMENT },
  'POST /status': { status: 204 },
  'POST /callback': { status: 204 },
};

/** Starts a voicemail application as the FlexML documentation teaches it: instructions out, JSON callbacks in. */
export async function startFlexmlApp({ port, host = '127.0.0.1', publicUrl }: FlexmlAppOptions): Promise<FlexmlApp> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const at = Date.now();
    readBody(request)
      .then((body) => {
        const { method = 'GET', url = '/' } = request;
        received.push({ at, method, url, headers: textHeaders(request), body });
        const answer = ROUTES[`${method} ${url.split('?')[0]}`] ?? { status: 404 };
        response.writeHead(answer.status, answer.document === undefined ? {} : { 'Content-Type': 'application/xml' });
        response.end(answer.document);
      })
      .catch(() => response.destroy());
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  return { url: publicUrl ?? `http://${host}:${address.port}`, received, close: () => close(server) };
}

function textHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
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
  const app = await startFlexmlApp({ port: Number(process.env['PORT'] ?? 8081) });
  console.log(`document: ${app.url}/flexml`);
}
