import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebServices, type WebServiceAccess } from './web-services.js';

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
  /** Messages that were fetched from the media store, by their file names. */
  readonly messages: ReadonlyMap<string, Buffer>;
  /** Null when the application was started without access to the web services. */
  readonly webServices: WebServices | null;
  close(): Promise<void>;
}

/** What the cloud tells a page, as far as this application looks. */
interface InstanceInfo {
  readonly token?: string | null;
  readonly action_result?: {
    readonly action: string;
    readonly result?: { readonly filename: string; readonly seconds_duration: number };
  };
}

/** What pages work with. */
interface Voicemail {
  readonly webServices: WebServices | null;
  readonly messages: Map<string, Buffer>;
}

type Page = (info: InstanceInfo, voicemail: Voicemail) => object | null | Promise<object>;

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
  '/next': (info, voicemail) =>
    voicemail.webServices === null
      ? { token: 'voicemail', actions: [{ play: { play_list: [{ text_to_say: farewell(info) }] } }, { hang_up: {} }] }
      : playBack(info, voicemail.webServices, voicemail.messages),
  '/final': ({ token }, { webServices }) => ({
    actions: webServices !== null && isMessage(token) ? [{ delete_file: { filename: token } }] : [],
  }),
  '/error': () => ({ actions: [] }),
  '/available': () => null,
};

/**
 * Fetches the message, plays it to the caller and remembers it in the token, so that the final page can delete it from
 * the media store.
 */
async function playBack(info: InstanceInfo, webServices: WebServices, messages: Map<string, Buffer>): Promise<object> {
  const filename = info.action_result?.result?.filename ?? '';
  const message = await webServices.fileGet(filename);
  if (message === null) return { actions: [{ hang_up: {} }] };
  messages.set(filename, message);
  return { token: filename, actions: [{ play: { play_list: [{ file_to_play: filename }] } }, { hang_up: {} }] };
}

function isMessage(token: string | null | undefined): token is string {
  return token?.startsWith('/rest_api/recordings/') ?? false;
}

function farewell(info: InstanceInfo): string {
  const seconds = info.action_result?.result?.seconds_duration ?? 0;
  return seconds > 0 ? 'Thank you for your message.' : 'We did not hear anything.';
}

/**
 * A voicemail application for Aculab Cloud: hands out the record action and takes note of every request. With access to
 * the web services it fetches each message, plays it back and deletes it from the media store.
 * `port` 0 takes a free one; `publicUrl` is its address where that differs from 127.0.0.1.
 */
export async function startAculabApp(options: {
  readonly port: number;
  readonly publicUrl?: string;
  readonly webServices?: WebServiceAccess;
}): Promise<AculabApp> {
  const received: ReceivedRequest[] = [];
  const messages = new Map<string, Buffer>();
  const webServices = options.webServices === undefined ? null : new WebServices(options.webServices);
  const server = createServer((request, response) => {
    answer(request, response, received, { webServices, messages }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: options.publicUrl ?? `http://127.0.0.1:${port}`,
    received,
    messages,
    webServices,
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  received: ReceivedRequest[],
  voicemail: Voicemail,
): Promise<void> {
  const at = Date.now();
  const body = await bodyOf(request);
  const { method = '', url = '' } = request;
  received.push({ at, method, url, headers: textHeaders(request), body });
  const { pathname, searchParams } = new URL(url, 'http://app');
  const page = PAGES[pathname];
  if (page === undefined) return void response.writeHead(404).end();
  const info = readJson(method === 'GET' ? searchParams.get('instance_info') : body);
  if (info === null) return void response.writeHead(400).end();
  const actions = await page(info, voicemail);
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
  const { PORT = '8083', ACULAB_BASE_URL: baseUrl, ACULAB_USER: user, ACULAB_ACCESS_KEY: accessKey } = process.env;
  const access = user === undefined || accessKey === undefined ? null : { user, accessKey };
  const webServices = access === null ? {} : { webServices: baseUrl === undefined ? access : { ...access, baseUrl } };
  const app = await startAculabApp({ port: Number(PORT), ...webServices });
  console.log(`first page: ${app.url}/first`);
}
