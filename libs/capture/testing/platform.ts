import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import type { MediaNode, MediaNodeOptions } from '../live/media-node.js';
import type { Spool } from '../spool/spool.js';
import { withNode } from './live-node.js';
import { sleep } from './recorded-call.js';

/** A media node that lets streams in at a server on loopback. */
export interface ServedNode {
  readonly node: MediaNode;
  readonly spool: Spool;
  readonly base: string;
}

/** Runs `work` with such a node, and closes it. */
export function withServer(work: (it: ServedNode) => Promise<void>, options: Partial<MediaNodeOptions> = {}): Promise<void> {
  return withNode(async (node, spool) => {
    const server: Server = createServer((_request, response) => response.end());
    node.attach(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await work({ node, spool, base: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }, options);
}

/** A platform's end of a stream: keeps what it is told. */
export class Platform {
  readonly texts: Record<string, unknown>[] = [];
  readonly binaries: Buffer[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly gone: Promise<void>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      if (isBinary) this.binaries.push(bytes);
      else this.texts.push(JSON.parse(bytes.toString()) as Record<string, unknown>);
    });
    this.gone = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.closed = { code, reason: reason.toString() };
        resolve();
      });
    });
  }

  static async connect(url: string): Promise<Platform> {
    const platform = new Platform(new WebSocket(url));
    await once(platform.socket, 'open');
    return platform;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Sends the pieces 20 ms apart, as a platform does. */
  async stream(pieces: readonly (Uint8Array | object)[]): Promise<void> {
    const begun = performance.now();
    for (const [index, piece] of pieces.entries()) {
      const wait = index * 20 - (performance.now() - begun);
      if (wait > 0) await sleep(wait);
      this.socket.send(piece instanceof Uint8Array ? piece : JSON.stringify(piece));
    }
  }
}
