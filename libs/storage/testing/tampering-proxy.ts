import { request as forward, type IncomingHttpHeaders } from 'node:http';
import { listenOnLoopback } from './http-server.js';

export interface TamperingProxy {
  readonly url: string;
  /** Changes the headers of each answer on its way back; null: nothing is changed. */
  alterHeaders: ((headers: IncomingHttpHeaders, method: string) => IncomingHttpHeaders) | null;
  /** Answers with 403 for everything that is not a write. */
  refuseReads: boolean;
  close(): Promise<void>;
}

/** A proxy of our own that stands before a foreign server and makes it misbehave. The Host header stays as it was sent. */
export async function startTamperingProxy(target: string): Promise<TamperingProxy> {
  const { hostname, port } = new URL(target);
  const behaviour: Pick<TamperingProxy, 'alterHeaders' | 'refuseReads'> = { alterHeaders: null, refuseReads: false };
  const running = await listenOnLoopback((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    if (behaviour.refuseReads && method !== 'PUT' && method !== 'POST') {
      request.resume();
      response.writeHead(403).end();
      return;
    }
    const upstream = forward({ hostname, port, path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, behaviour.alterHeaders?.(answer.headers, method) ?? answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.on('aborted', () => upstream.destroy());
    request.pipe(upstream);
  });
  return Object.assign(behaviour, { url: running.url, close: running.close });
}
