import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** One request as it arrived. `at` is milliseconds since the epoch. */
export interface ReceivedRequest {
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AculabApp {
  /** Where the pages are; the first page is `<url>/first`. */
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** What the cloud tells a page, as far as this application looks. */
interface InstanceInfo {
  readonly action_result?: {
    readonly action: string;
    readonly result?: { readonly filename: string; readonly seconds_duration: number };
  };
}

type Page = (info: InstanceInfo) => object | null;

/** A page answers with a token and actions; a notification page answers 204 (null). */
const PAGES: Readonly<Record<string, Page>> = {
  '/first': () => ({
    token: 'voicemail',
    actions: [
      { play: { play_list: [{ text_to_say: 'Please leave a message after the tone.' }] } },
      {
        record: {
          id: 'message-1',
          barge_in_digits: '#',
          seconds_max_duration: 120,
          milliseconds_max_silence: 10_000,
          milliseconds_max_initial_silence: 10_000,
          beep_on_start: true,
          next_page: { url: 'next', method: 'POST' },
          recording_available_page: { url: 'available', method: 'POST' },
        },
      },
    ],
  }),
  '/next': (info) => ({
    token: 'voicemail',
    actions: [{ play: { play_list: [{ text_to_say: farewell(info) }] } }, { hang_up: {} }],
  }),
  '/final': () => ({ actions: [] }),
  '/error': () => ({ actions: [] }),
  '/available': () => null,
};

function farewell(info: InstanceInfo): string {
  const seconds = info.action_result?.result?.seconds_duration ?? 0;
  return seconds > 0 ? 'Thank you for your message.' : 'We did not hear anything.';
}

/**
 * A voicemail application for Aculab Cloud: hands out the record action and takes note of every request.
 * `port` 0 takes a free one; `publicUrl` is its address where that differs from 127.0.0.1.
 */
export async function startAculabApp(options: {
  readonly port: number;
  readonly publicUrl?: string;
}): Promise<AculabApp> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => void answer(request, response, received));
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: options.publicUrl ?? `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, received: ReceivedRequest[]): Promise<void> {
  const at = Date.now();
  const body = await bodyOf(request);
  const { method = '', url = '' } = request;
  received.push({ at, method, url, headers: textHeaders(request), body });
  const { pathname, searchParams } = new URL(url, 'http://app');
  const page = PAGES[pathname];
  if (page === undefined) return void response.writeHead(404).end();
  const info = readJson(method === 'GET' ? searchParams.get('instance_info') : body);
  if (info === null) return void response.writeHead(400).end();
  const actions = page(info);
  if (actions === null) return void response.writeHead(204).end();
  response.writeHead(200, { 'Content-Type': 'application/json; charset=UTF-8' }).end(JSON.stringify(actions));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function textHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]));
}

function readJson(text: string | null): InstanceInfo | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const app = await startAculabApp({ port: Number(process.env['PORT'] ?? 8083) });
  console.log(`first page: ${app.url}/first`);
}
