import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CarrierxApi, type CarrierxAccess } from './carrierx-api.js';

export interface GreetingAppOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly access: CarrierxAccess;
  /** Whose recordings these are. */
  readonly user: string;
  /** Number that calls come from. */
  readonly callingDid: string;
  /** WAV file that asks for the recording. */
  readonly prompt: Buffer;
}

/** Body of a request of the platform, parsed. */
export type PlatformRequest = Readonly<Record<string, unknown>>;

/** Calls people, has them record something, lets them hear it and keep it or record it again. */
export interface GreetingApp {
  readonly url: string;
  readonly api: CarrierxApi;
  /** What the platform sent, by path, in order. */
  at(path: string): readonly { readonly body: PlatformRequest; readonly raw: string }[];
  /** `lifecycle_ttl` of recordings when their calls had ended, by file sid. */
  readonly kept: ReadonlyMap<string, unknown>;
  /** Calls a number; answers the `call_sid`. */
  call(number: string): Promise<string>;
  close(): Promise<void>;
}

/** One recording by call. */
type Files = Map<string, string>;

const xml = (verbs: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n${verbs}\n</Response>\n`;

/** Records into a new file of the container, or anew into the file that is there. */
function recordVerb(target: string): string {
  return `  <Record direction="out" ${target} fileMode="overwrite" playBeep="true" finishOnKey="#" trim="do-not-trim"
          lifecycleTtl="86400" action="/recorded" method="POST"></Record>`;
}

function reviewVerbs(recordingUrl: string): string {
  return `  <Gather action="/review" method="POST" numDigits="1" finishOnKey="_" timeout="20">
    <Play> ${recordingUrl}?format=${Date.now()}.wav </Play>
    <Say>2 keeps it, 3 records again.</Say>
  </Gather>
  <HangUp/>`;
}

/** Starts the application. */
export async function startGreetingApp(options: GreetingAppOptions): Promise<GreetingApp> {
  const { port, access, user, callingDid, prompt } = options;
  const api = new CarrierxApi(access);
  const container = await api.containerOf(user);
  const requests: { readonly path: string; readonly body: PlatformRequest; readonly raw: string }[] = [];
  const files: Files = new Map();
  const kept = new Map<string, unknown>();

  /** Path → what happens, and the document that goes on; null for callbacks. */
  const routes: Readonly<Record<string, (body: PlatformRequest) => Promise<string | null>>> = {
    '/greeting': async () =>
      xml(`  <Play>\n    ${url}/prompt.wav\n  </Play>\n${recordVerb(`containerSid="${container}"`)}`),
    '/recorded': async ({ CallSid, RecordingUrl, RecordingFileSid, RecordingDuration }) => {
      if ([CallSid, RecordingUrl, RecordingFileSid, RecordingDuration].includes(undefined))
        throw new Error('not a recording');
      files.set(String(CallSid), String(RecordingFileSid));
      return xml(reviewVerbs(String(RecordingUrl)));
    },
    '/review': async ({ CallSid, Digits }) => {
      const file = files.get(String(CallSid)) ?? '';
      if (Digits === '3') return xml(recordVerb(`fileSid="${file}" containerSid=""`));
      if (Digits === '2') await api.keep(file);
      return xml('  <Say>Thank you.</Say>\n  <HangUp/>');
    },
    '/ended': async ({ CallSid }) => {
      const file = files.get(String(CallSid));
      if (file !== undefined) kept.set(file, (await api.file(file))['lifecycle_ttl']);
      return null;
    },
  };

  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/prompt.wav') return void response.writeHead(200, { 'content-type': 'audio/x-wav' }).end(prompt);
    readBody(request)
      .then(async (raw) => {
        // The platform's body is one JSON object and nothing behind it.
        const body = JSON.parse(`${raw.slice(0, -1)}}`) as PlatformRequest;
        requests.push({ path, body, raw });
        const document = await routes[path]?.(body);
        if (document === undefined) return void response.writeHead(404).end();
        if (document === null) return void response.writeHead(204).end();
        response.writeHead(200, { 'content-type': 'text/html' }).end(document);
      })
      .catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    api,
    kept,
    at: (path) => requests.filter((request) => request.path === path),
    call: (number) =>
      api.call({
        calling_did: callingDid,
        called_did: number,
        url: `${url}/greeting`,
        status_callback_url: `${url}/ended`,
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
