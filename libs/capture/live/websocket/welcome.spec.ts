import { describe, it, expect } from '@jest/globals';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { WebSocket } from 'ws';
import { Platform, withServer } from '../../testing/platform.js';
import { OwnerLog, sleep } from '../../testing/recorded-call.js';
import type { LiveCallListener, MediaNode } from '../media-node.js';
import type { StreamFacts } from './dialect.js';
import { Receptionist, type Welcome } from './welcome.js';

class Owner extends OwnerLog implements LiveCallListener {
  readonly opened: StreamFacts[] = [];

  streamOpened(facts: StreamFacts): void {
    this.opened.push(facts);
  }
}

/** Status of the answer to an upgrade that is refused. */
async function refusal(url: string): Promise<number | undefined> {
  const socket = new WebSocket(url);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode?: number }];
  socket.terminate();
  return response.statusCode;
}

describe('a stream at the address of an application', () => {
  it.concurrent('goes on at the path of a call that is opened for it', async () => {
    const owner = new Owner();
    const asked: string[] = [];
    const host: { node?: MediaNode } = {};
    const welcome: Welcome = async ({ path, query }) => {
      asked.push(`${path} ${query.get('room') ?? ''}`);
      await sleep(20);
      const call = await host.node?.openCall({ callRef: 'c', legs: [{ kind: 'websocket', parties: ['caller'], dialect: 'sinch' }], listener: owner });
      const endpoint = call?.endpoints[0];
      return endpoint?.kind === 'websocket' ? endpoint.path : null;
    };
    await withServer(
      async ({ node, base }) => {
        host.node = node;
        const platform = await Platform.connect(`${base}/applications/app_1/stream?room=7`);
        platform.send({ command: 'connect', codec: 'PCM', sampleRate: 16_000, callId: 'call-9', applicationKey: 'key', callHeaders: [{ key: 'recordingId', value: 'r-1' }] });
        await sleep(50);
        expect(asked).toEqual(['/applications/app_1/stream 7']);
        expect(platform.texts).toEqual([{ command: 'answer' }]);
        expect(owner.opened).toEqual([{ callId: 'call-9', applicationKey: 'key', headers: { recordingId: 'r-1' } }]);
        platform.socket.close();
      },
      { welcome },
    );
  });

  it.concurrent('is refused when nobody wants it, asking fails, or no stream is expected at the path named', async () => {
    const answers: Readonly<Record<string, () => Promise<string | null>>> = {
      '/applications/unknown': () => Promise.resolve(null),
      '/applications/broken': () => Promise.reject(new Error('away')),
      '/applications/elsewhere': () => Promise.resolve('/streams/raw/not-expected-there'),
    };
    await withServer(
      async ({ base }) => {
        const paths = [...Object.keys(answers), '/streams/raw/unknown'];
        expect(await Promise.all(paths.map((path) => refusal(base + path)))).toEqual([404, 503, 404, 401]);
      },
      { welcome: ({ path }) => answers[path]?.() ?? Promise.resolve(null) },
    );
  });
});

describe('asking about streams', () => {
  const url = new URL('ws://gateway/applications/a');

  it.concurrent('takes no longer than it may', async () => {
    const receptionist = new Receptionist(() => new Promise(() => undefined), { timeoutMs: 30 });
    expect(await receptionist.ask(url, new PassThrough())).toEqual({ refusal: '504 Gateway Timeout' });
  });

  it.concurrent('is not begun for more at once than there may be', async () => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const receptionist = new Receptionist(() => promise, { mostPending: 1 });
    const first = receptionist.ask(url, new PassThrough());
    expect(await receptionist.ask(url, new PassThrough())).toEqual({ refusal: '503 Service Unavailable' });
    resolve('/p');
    expect(await first).toEqual({ path: '/p' });
    expect(await receptionist.ask(url, new PassThrough())).toEqual({ path: '/p' });
  });

  it.concurrent('comes to nothing when the connection has gone', async () => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const socket = new PassThrough();
    const answer = new Receptionist(() => promise).ask(url, socket);
    socket.destroy(new Error('reset'));
    await sleep(5);
    resolve('/p');
    expect(await answer).toBeNull();
  });
});
