import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SinchApi, signature, type SinchKey } from './sinch-api.js';

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

/** Where recordings go, in the words of the Sinch documentation. */
export interface SinchRecordingOptions {
  readonly destinationUrl: string;
  readonly credentials?: string;
  readonly format?: 'mp3' | 'wav';
}

export interface SinchAppOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Where the platform reaches the application, when that is not the address it listens at. */
  readonly publicUrl?: string;
  readonly applicationKey?: string;
  /** Base64, as the dashboard shows it. */
  readonly applicationSecret?: string;
  readonly recordingOptions?: SinchRecordingOptions;
  /** Number the caller is connected to. */
  readonly number?: string;
  /** Where the Voice API is; default: `baseUrl`. */
  readonly baseUrl?: string;
}

export interface SinchApp {
  readonly url: string;
  readonly api: SinchApi;
  /** In the order of arrival; grows while the application runs. Requests with a wrong signature are in it too. */
  readonly received: readonly ReceivedRequest[];
  /** How many requests were answered with 401. */
  readonly refused: number;
  close(): Promise<void>;
}

/** The one line that differs between the vendor and a gateway, for example `https://gateway.example.com/sinch`. */
export const baseUrl = process.env['SINCH_BASE_URL'] ?? 'https://calling.api.sinch.com';

export const SAMPLE_APPLICATION_KEY = '669E367E-6BBA-48AB-AF15-266871C28135';
export const SAMPLE_APPLICATION_SECRET = 'BeIukql3pTKJ8RGL5zo0DA==';

const SAMPLE_RECORDING: SinchRecordingOptions = {
  destinationUrl: 's3://my-s3-bucket/calls/',
  credentials: 'xyz_access_key:wrt_secret_key:eu-central-1',
  format: 'mp3',
};

/** The answer to ICE: say that the call is recorded, start the recording, connect; the recording ends with the call. */
function iceAnswer(options: SinchAppOptions): object {
  return {
    instructions: [
      { name: 'say', text: 'This call is recorded.', locale: 'en-US' },
      {
        name: 'startRecording',
        options: { ...(options.recordingOptions ?? SAMPLE_RECORDING), notificationEvents: true },
      },
    ],
    action: { name: 'connectPstn', number: options.number ?? '+12017777777' },
  };
}

/** Starts an application as the Sinch documentation teaches it: one callback URL for ICE, ACE, DiCE and notify. */
export async function startSinchApp(options: SinchAppOptions): Promise<SinchApp> {
  const host = options.host ?? '127.0.0.1';
  const received: ReceivedRequest[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    const at = Date.now();
    readBody(request)
      .then((body) => {
        const { method = 'GET', url = '/' } = request;
        received.push({ at, method, url, headers: textHeaders(request), body });
        const answer = answerTo(request, body, options);
        if (answer.status === 401) refused += 1;
        response.writeHead(answer.status, answer.svaml === undefined ? {} : { 'Content-Type': 'application/json' });
        response.end(answer.svaml === undefined ? undefined : JSON.stringify(answer.svaml));
      })
      .catch(() => response.destroy());
  });
  await listen(server, options.port, host);
  const address = server.address() as AddressInfo;
  return {
    api: new SinchApi(options.baseUrl ?? baseUrl, keyAndSecret(options)),
    url: options.publicUrl ?? `http://${host}:${address.port}`,
    received,
    get refused() {
      return refused;
    },
    close: () => close(server),
  };
}

interface Answer {
  readonly status: number;
  readonly svaml?: object;
}

function answerTo(request: IncomingMessage, body: string, options: SinchAppOptions): Answer {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (request.method !== 'POST' || path !== '/callback') return { status: 404 };
  if (!isSigned(request, path, body, options)) return { status: 401 };
  switch (eventOf(body)) {
    case 'ice':
      return { status: 200, svaml: iceAnswer(options) };
    case 'ace':
    case 'pie':
      return { status: 200, svaml: { action: { name: 'continue' } } };
    case 'dice':
    case 'notify':
      return { status: 200 };
    default:
      return { status: 400 };
  }
}

function eventOf(body: string): unknown {
  try {
    const callback: unknown = JSON.parse(body);
    return typeof callback === 'object' && callback !== null && 'event' in callback ? callback.event : undefined;
  } catch {
    return undefined;
  }
}

/** Checks `authorization: application KEY:SIGNATURE` over verb, body, content type, time stamp and path. */
function isSigned(request: IncomingMessage, path: string, body: string, options: SinchAppOptions): boolean {
  const { 'content-type': contentType = '', 'x-timestamp': timestamp = '', authorization = '' } = request.headers;
  const signed = { method: request.method ?? '', path, body, contentType, timestamp: String(timestamp) };
  const { applicationKey, applicationSecret } = keyAndSecret(options);
  const expected = Buffer.from(`application ${applicationKey}:${signature(signed, applicationSecret)}`);
  const given = Buffer.from(authorization);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function keyAndSecret(options: SinchAppOptions): SinchKey {
  return {
    applicationKey: options.applicationKey ?? SAMPLE_APPLICATION_KEY,
    applicationSecret: options.applicationSecret ?? SAMPLE_APPLICATION_SECRET,
  };
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
  const app = await startSinchApp({ port: Number(process.env['PORT'] ?? 8084) });
  console.log(`callback URL: ${app.url}/callback`);
  // A number on the command line is called: it hears that the call is recorded and is connected.
  const [, , number] = process.argv;
  if (number !== undefined) console.log(`call ${await app.api.callOut(number)}`);
}
