import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { objectOf, type OpenDialect, type StreamDialect, type StreamFacts, type StreamSocket } from './dialect.js';
import { openJsonDialect } from './json-dialect.js';
import { openRawDialect } from './raw-dialect.js';
import { openSinchDialect } from './sinch-dialect.js';
import type { StreamLeg } from './stream-leg.js';
import { Receptionist, WELCOME_PREFIX, type Welcome } from './welcome.js';

const DIALECTS: Readonly<Record<StreamDialect, OpenDialect>> = { raw: openRawDialect, sinch: openSinchDialect, json: openJsonDialect };

/** A stream that is waited for. */
export interface ExpectedStream {
  readonly dialect: StreamDialect;
  readonly legs: readonly StreamLeg[];
  /** The far end has said what it sends. */
  onOpened(facts: StreamFacts): void;
  /** The far end has gone or stopped. */
  onEnded(): void;
}

/** Eight seconds of PCM 16 at 16 kHz; nothing a platform sends comes near. */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** Audio that a far end does not read is left out beyond this; it is stale by the time it would be heard. */
const MOST_UNREAD_BYTES = 512 * 1024;
/** A reason takes 123 bytes at most (RFC 6455 §5.5.1), up to three a character. */
const LONGEST_REASON = 41;
const POLICY_VIOLATION = 1008;
const NORMAL_CLOSURE = 1000;

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Lets the streams of calls in at an HTTP server. Each call's stream has a path with a token that only its sender knows. */
export class StreamGate {
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  private readonly expected = new Map<string, ExpectedStream>();
  private readonly open = new Map<string, WebSocket>();

  private readonly receptionist: Receptionist | null;

  /**
   * @param prefix every path at or below it is answered here; others are left to whoever else listens
   * @param welcome asked about paths below `/applications/`, which are answered here too then
   */
  constructor(
    private readonly prefix: string,
    welcome?: Welcome,
  ) {
    this.receptionist = welcome === undefined ? null : new Receptionist(welcome);
  }

  /** Answers upgrade requests of the server from now on. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.upgrade({ request, socket, head }, server.listenerCount('upgrade') > 1));
  }

  expect(path: string, stream: ExpectedStream): void {
    this.expected.set(digest(path), stream);
  }

  /** Ends the stream at the path, or stops waiting for it. */
  forget(path: string): void {
    const key = digest(path);
    this.expected.delete(key);
    const webSocket = this.open.get(key);
    // One that is made to wait would never see the answer to its close.
    if (webSocket?.isPaused === true) webSocket.resume();
    webSocket?.close(NORMAL_CLOSURE, 'the call has ended');
  }

  /** @param isShared whether somebody else answers upgrade requests, too */
  private upgrade({ request, socket, head }: Upgrade, isShared: boolean): void {
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) return refuseUpgrade(socket, '400 Bad Request');
    if (this.receptionist !== null && url.pathname.startsWith(WELCOME_PREFIX)) return void this.receive(this.receptionist, url, { request, socket, head });
    if (url.pathname !== this.prefix && !url.pathname.startsWith(`${this.prefix}/`)) {
      // A socket that nobody answers is held for ever, and an error of it ends the process.
      if (!isShared) refuseUpgrade(socket, '404 Not Found');
      return;
    }
    const token = url.searchParams.get('token');
    this.admit(token === null ? url.pathname : `${url.pathname}/${token}`, { request, socket, head }, '401 Unauthorized');
  }

  private async receive(receptionist: Receptionist, url: URL, upgrade: Upgrade): Promise<void> {
    const answer = await receptionist.ask(url, upgrade.socket);
    if (answer === null) return;
    if ('refusal' in answer) refuseUpgrade(upgrade.socket, answer.refusal);
    else this.admit(answer.path, upgrade, '404 Not Found');
  }

  private admit(path: string, { request, socket, head }: Upgrade, refusal: string): void {
    const key = digest(path);
    const stream = this.expected.get(key);
    if (stream === undefined) return refuseUpgrade(socket, refusal);
    if (this.open.has(key)) return refuseUpgrade(socket, '409 Conflict');
    this.server.handleUpgrade(request, socket, head, (webSocket) => this.serve(webSocket, key, stream));
  }

  private serve(webSocket: WebSocket, key: string, stream: ExpectedStream): void {
    this.open.set(key, webSocket);
    const socket = socketOf(webSocket, (facts) => stream.onOpened(facts));
    const dialect = DIALECTS[stream.dialect](socket, stream.legs);
    const { heartbeat } = dialect;
    const timer = heartbeat === null ? null : setInterval(() => socket.sendText(heartbeat.message), heartbeat.everyMs);
    webSocket.on('message', (data, isBinary) => {
      try {
        if (isBinary) dialect.binary(bufferOf(data));
        else takeText(socket, bufferOf(data), (message) => dialect.text(message));
      } catch {
        // Whatever one far end says concerns its own call only.
        socket.refuse('the message cannot be read');
      }
    });
    // The close that follows an error says all there is to say.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      if (timer !== null) clearInterval(timer);
      this.open.delete(key);
      for (const leg of stream.legs) leg.end();
      stream.onEnded();
    });
  }
}

function socketOf(webSocket: WebSocket, opened: (facts: StreamFacts) => void): StreamSocket {
  const whenOpen = (act: () => void): void => {
    if (webSocket.readyState === webSocket.OPEN) act();
  };
  return {
    sendText: (message) => whenOpen(() => webSocket.send(JSON.stringify(message))),
    sendAudio: (audio) =>
      whenOpen(() => {
        if (webSocket.bufferedAmount < MOST_UNREAD_BYTES) webSocket.send(audio instanceof Uint8Array ? audio : JSON.stringify(audio));
      }),
    hold: (on) => whenOpen(() => (on ? webSocket.pause() : webSocket.resume())),
    opened,
    refuse: (reason) => webSocket.close(reason === 'stopped' ? NORMAL_CLOSURE : POLICY_VIOLATION, reason.slice(0, LONGEST_REASON)),
  };
}

function takeText(socket: StreamSocket, bytes: Buffer, take: (message: Readonly<Record<string, unknown>>) => void): void {
  let message: unknown;
  try {
    message = JSON.parse(bytes.toString('utf8'));
  } catch {
    return socket.refuse('the message is not JSON');
  }
  take(objectOf(message));
}

function bufferOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

function refuseUpgrade(socket: Duplex, status: string): void {
  // Nobody else listens to this socket any more; whoever is refused may be gone, or never close.
  socket.on('error', () => undefined);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Tokens are looked up by their digest, so that the time of a look-up tells nothing about them. */
function digest(path: string): string {
  return createHash('sha256').update(path).digest('base64');
}
