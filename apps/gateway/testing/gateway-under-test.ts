import type { INestApplication } from '@nestjs/common';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { loadConfig, type RecgateConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { filesBelow, startTestRedis, type TestRedis } from '#libs/testing';
import { createFileCapture } from '../../wiring/file-capture.js';
import { createGatewayContext } from '../../wiring/gateway-context.js';
import { createRuntime, type Runtime } from '../../wiring/runtime.js';
import { startWorker, type WorkerRole } from '../../worker/worker-role.js';
import { createGatewayApp, listen } from '../create-gateway-app.js';

export const ALPHA_KEY = 'alpha-key-0123456789';
export const BETA_KEY = 'beta-key-0123456789';

/** What came back of one request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json(): Body;
}

/** JSON of an answer as tests look at it. */
export interface Body {
  readonly [field: string]: Body;
}

export interface Ask {
  /** Null: no Authorization header. Default: the key of tenant alpha. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: object | string | Uint8Array;
}

/** A whole gateway HTTP side on a free port, with a Redis of its own. */
export class GatewayUnderTest {
  private constructor(
    readonly url: string,
    readonly runtime: Runtime,
    readonly app: INestApplication,
    readonly redis: TestRedis,
    private readonly directory: string,
    private readonly worker: WorkerRole | null,
    /** Log lines so far. */
    readonly log: readonly string[],
  ) {}

  /**
   * @param options.configure changes the configuration before the start
   * @param options.works also runs the workers of all stages and deliveries; requests to loopback are allowed
   */
  static async start(
    options: { readonly works?: boolean; readonly configure?: (config: RecgateConfig) => void } = {},
  ): Promise<GatewayUnderTest> {
    const directory = await mkdtemp(join(tmpdir(), 'recgate-gateway-'));
    const redis = await startTestRedis();
    const config = loadConfig({ environment: { RECGATE_DATA: directory } });
    config.tenants = [
      { id: 'alpha', apiKeys: [ALPHA_KEY] },
      { id: 'beta', apiKeys: [BETA_KEY] },
    ];
    config.outbound.allowHttp = true;
    config.outbound.allowPrivateNetworks = true;
    options.configure?.(config);
    const log: string[] = [];
    const runtime = await createRuntime(config, redis.url, createLogger('debug', { write: (line) => log.push(line) }));
    let url = '';
    const app = await createGatewayApp(createGatewayContext(runtime, () => url));
    ({ url } = await listen(app, '127.0.0.1', 0));
    const worker =
      options.works === true
        ? await startWorker(runtime, ['capture', 'encode', 'store', 'transcribe', 'deliver'], createFileCapture(runtime))
        : null;
    return new GatewayUnderTest(url, runtime, app, redis, directory, worker, log);
  }

  async ask(method: string, path: string, { key = ALPHA_KEY, headers = {}, body }: Ask = {}): Promise<Answer> {
    const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(isJson || typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as Body };
  }

  /** Makes an application and answers its id. */
  async application(vendor: string, settings: Readonly<Record<string, string>> = {}, key = ALPHA_KEY): Promise<string> {
    const answer = await this.ask('POST', '/v1/applications', { key, body: { name: vendor, vendor, settings } });
    if (answer.status !== 201) throw new Error(answer.text);
    return String(answer.json()['id']);
  }

  /** Shows a recording again and again until it is in one of the states. */
  async until(recordingId: string, ...states: readonly string[]): Promise<Body> {
    for (;;) {
      const body = (await this.ask('GET', `/v1/recordings/${recordingId}`)).json();
      if (states.includes(String(body['state']))) return body;
      await delay(20);
    }
  }

  /** Every value in Redis and every log line, to look for what must not be there. */
  async everythingWritten(): Promise<string> {
    const client = new Redis(this.redis.url);
    const texts: string[] = [];
    for (const key of await client.keys('*')) texts.push(key, ...(await valuesOf(client, key)));
    client.disconnect();
    return [...texts, ...this.log].join('\n');
  }

  /** Files of the data directory in which the bytes stand as they are. */
  async filesHolding(bytes: string | Buffer): Promise<string[]> {
    const found: string[] = [];
    for (const file of filesBelow(this.directory)) {
      // What is on its way may be gone by now.
      const content = await readFile(join(this.directory, file)).catch(() => null);
      if (content?.includes(bytes) === true) found.push(file);
    }
    return found;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.worker?.stop();
    await this.runtime.close();
    await this.redis.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function valuesOf(client: Redis, key: string): Promise<string[]> {
  switch (await client.type(key)) {
    case 'string':
      return [(await client.get(key)) ?? ''];
    case 'hash':
      return Object.entries(await client.hgetall(key)).flat();
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, '0', '-1');
    case 'stream':
      return [JSON.stringify(await client.xrange(key, '-', '+'))];
    default:
      return [];
  }
}
