import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { filesBelow } from '#libs/testing';
import { BreakableRedis, Gateway, SINCH_SECRET, startReceiver, startWorkerProcess, textOf, toneWav, until, uploaded, type Json, type ProductProcess, type Receiver } from './support/index.js';

const SAID = 'the fox jumps';
const HEARD = { language: 'en', text: SAID, words: SAID.split(' ').map((word, at) => ({ word, start: at / 5, end: at / 5 + 0.1 })) };
/** What an engine may come up with. */
const RUBBISH: readonly [number, string][] = [
  [200, 'this is no JSON'],
  [200, '{"words": 7, "text": null}'],
  [200, ''],
  [200, JSON.stringify({ error: 'the model is not loaded' })],
  [418, '{"error": "a teapot"}'],
];

/** A speech engine that answers as it is told; a request without an answer hangs. */
class Engine {
  readonly hanging = new Set<ServerResponse>();
  answer: (count: number) => readonly [number, string] | null = () => [200, JSON.stringify(HEARD)];
  asked = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Engine> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => engine.take(response));
      request.on('error', () => undefined);
    });
    const engine: Engine = new Engine(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return engine;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Resolves when so many requests hang. */
  hangs(count: number): Promise<boolean> {
    return until(`${count} requests hang`, () => Promise.resolve(this.hanging.size >= count ? true : null));
  }

  private take(response: ServerResponse): void {
    const answer = this.answer(this.asked++);
    if (answer !== null) return void response.writeHead(answer[0], { 'content-type': 'application/json' }).end(answer[1]);
    this.hanging.add(response);
    response.on('close', () => this.hanging.delete(response));
  }
}

describe('a transcription whose worker, ledger or engine fails', () => {
  let redis: BreakableRedis;
  let engine: Engine;
  let receiver: Receiver;
  let gateway: Gateway;
  let app: string;
  const workers: ProductProcess[] = [];

  beforeAll(async () => {
    redis = await BreakableRedis.start();
    engine = await Engine.start();
    receiver = await startReceiver();
    gateway = await Gateway.up({ redisUrl: redis.url, worker: { stages: ['capture', 'encode', 'store', 'deliver', 'housekeeping'] } });
    app = await gateway.application('sinch', { callbackUrl: receiver.url, applicationKey: 'k', applicationSecret: SINCH_SECRET });
  });

  afterAll(async () => {
    redis.thaw();
    for (const worker of workers) await worker.kill();
    await gateway.remove();
    await receiver.close();
    engine.close();
    await redis.remove();
  });

  const startWorker = (): ProductProcess => {
    const transcription = { engine: 'openai', openaiUrl: engine.url, concurrency: 20 };
    const worker = startWorkerProcess(gateway, redis.url, { stages: ['transcribe'] }, { transcription });
    workers.push(worker);
    return worker;
  };
  const EVENTS = ['transcription.available', 'transcription.failed', 'transcription.timeout'];
  /** Recordings that are available and wait to be written down. */
  const begin = async (count: number, rule: object = {}): Promise<string[]> => {
    const spec = { subscriptions: [{ name: 'notify', events: EVENTS }], transcription: rule };
    const ids = await Promise.all(Array.from({ length: count }, () => uploaded(gateway, app, toneWav(1), spec)));
    for (const id of ids) await gateway.untilState(id, 'available');
    return ids;
  };
  const settled = (id: string): Promise<Json> =>
    until(`${id} is written down`, async () => {
      const shown = await gateway.get('GET', `/v1/recordings/${id}`).catch(() => null);
      return shown === null || ['pending', 'none'].includes(textOf(shown['transcription'])) ? null : shown;
    });
  const outcomes = async (id: string): Promise<string[]> => {
    const { items } = await gateway.get('GET', `/v1/recordings/${id}/events`);
    return (items as unknown as Json[]).map(({ name }) => textOf(name)).filter((name) => name.startsWith('transcription.'));
  };
  /** Ended as said, told by one event, and to the subscriber under one id at most. */
  const expectOnce = async (ids: readonly string[], state: 'done' | 'failed' | 'timeout', event: string): Promise<void> => {
    for (const id of ids) {
      expect([id, await settled(id)]).toEqual([id, expect.objectContaining({ state: 'available', transcription: state })]);
      expect([id, await outcomes(id)]).toEqual([id, [event]]);
      const told = new Set(receiver.callbacks.filter((each) => each.id.startsWith(`${id}.`) && each.body.includes('transcription')).map((each) => each.id));
      expect(told.size).toBeLessThanOrEqual(1);
      expect((await gateway.ask('GET', `/v1/recordings/${id}/transcript`)).status).toBe(state === 'done' ? 200 : 409);
    }
  };
  /** Everything on the disk that belongs to the recordings. */
  const left = (ids: readonly string[]): string[] =>
    filesBelow(gateway.dataDirectory).filter((name) => !name.startsWith('redis') && ids.some((id) => name.includes(id)));

  it('ends once and honestly whatever dies; of what was deleted meanwhile nothing is left', async () => {
    // A worker dies while the engine listens.
    engine.answer = () => null;
    const ids = await begin(4);
    const doomed = ids.slice(0, 2);
    const deleted = ids.slice(2);
    const first = startWorker();
    await engine.hangs(4);
    await first.kill();
    // Some are deleted with their transcript on the way.
    for (const id of deleted) expect((await gateway.ask('DELETE', `/v1/recordings/${id}`)).status).toBeLessThan(300);

    // The next one has its answers when the ledger cannot be told, and dies then.
    const frozen = await begin(2);
    const second = startWorker();
    await engine.hangs(2);
    redis.freeze();
    for (const response of [...engine.hanging]) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(HEARD));
    await delay(1200);
    await second.kill();
    redis.thaw();
    const [late = ''] = frozen;
    await until('the ledger answers', async () => ((await gateway.ask('GET', '/ready')).status === 200 ? true : null));
    const deletion = await gateway.ask('DELETE', `/v1/recordings/${late}`);
    expect(deletion.status).toBeLessThan(300);

    // The last one finds everything in order.
    engine.answer = () => [200, JSON.stringify(HEARD)];
    startWorker();
    await expectOnce(doomed, 'done', 'transcription.available');
    await expectOnce(frozen.slice(1), 'done', 'transcription.available');

    for (const id of [...deleted, late]) {
      expect((await outcomes(id)).length).toBe(1);
      expect((await gateway.ask('GET', `/v1/recordings/${id}/transcript`)).status).not.toBe(200);
    }
    await until('nothing of the deleted ones is left', () => Promise.resolve(left([...deleted, late]).length === 0 ? true : null));
    expect(left([...deleted, late])).toEqual([]);
    const kept = filesBelow(join(gateway.dataDirectory, 'media')).filter((name) => readFileSync(join(gateway.dataDirectory, 'media', name)).includes(SAID));
    expect(kept.length).toBeLessThanOrEqual(doomed.length + frozen.length);
  }, 90_000);

  it('fails alone when the engine answers rubbish, and is late when it never answers', async () => {
    const rubbish: string[] = [];
    for (const answer of RUBBISH) {
      engine.answer = () => answer;
      const [id = ''] = await begin(1);
      await settled(id);
      rubbish.push(id);
    }
    engine.answer = () => null;
    const late = await begin(1, { timeoutMs: 1500 });
    await expectOnce(rubbish, 'failed', 'transcription.failed');
    await expectOnce(late, 'timeout', 'transcription.timeout');
    for (const id of [...rubbish, ...late]) expect((await gateway.ask('GET', `/v1/recordings/${id}/audio`)).status).toBe(200);
  }, 60_000);
});
