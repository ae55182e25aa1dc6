import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
export const API_KEY = 'faults-key-0123456789';
/** Waiting longer than this for anything is a failure of the product, however busy the machine. */
export const PATIENCE_MS = 45_000;

/** Short intervals, so that what the product does within minutes is seen within seconds. */
const QUICK_WORKER = { reconcileSeconds: 1, housekeepingSeconds: 2, stuckAfterSeconds: 3, storeRetryMaxSeconds: 1, stopSeconds: 10, takeoverSeconds: 8 };

export interface ProductOptions {
  readonly redisUrl?: string;
  readonly dataDirectory?: string;
  readonly worker?: Readonly<Record<string, unknown>>;
  readonly outbound?: Readonly<Record<string, unknown>>;
  readonly media?: Readonly<Record<string, unknown>>;
  readonly transcription?: Readonly<Record<string, unknown>>;
}

/** A new, empty data directory. */
export function newDataDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'recgate-faults-'));
}

/** One process of the built product. */
export class ProductProcess {
  readonly output: string[] = [];
  readonly exited: Promise<number | null>;
  private over = false;

  private constructor(private readonly child: ChildProcess) {
    const take = (chunk: Buffer) => this.output.push(chunk.toString());
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    this.exited = new Promise((resolve) =>
      child.once('exit', (code) => {
        this.over = true;
        resolve(code);
      }),
    );
  }

  static start(program: string, args: readonly string[], environment: Readonly<Record<string, string>>): ProductProcess {
    const env = { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1', REDIS_URL: '', ...environment };
    return new ProductProcess(spawn(process.execPath, [join(ROOT, 'dist', program), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get text(): string {
    return this.output.join('');
  }

  /** What the first group of the pattern matches in the output. */
  async says(pattern: RegExp): Promise<string> {
    return until(`the process says ${pattern.source}`, () => {
      const found = pattern.exec(this.text);
      if (found === null && this.over) throw new Error(`The process ended: ${this.text}`);
      return Promise.resolve(found === null ? null : (found[1] ?? found[0]));
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.over) this.child.kill(signal);
  }

  /** Ends it without any chance to tidy up. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Stops its every step, or lets it go on. */
  freeze(frozen: boolean): void {
    this.signal(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Asks it to end; answers its exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.exited;
  }
}

/** The whole gateway in one process, and its API. */
export class Gateway {
  private constructor(
    readonly process: ProductProcess,
    readonly url: string,
    readonly dataDirectory: string,
  ) {}

  static async up(options: ProductOptions): Promise<Gateway> {
    const dataDirectory = options.dataDirectory ?? newDataDirectory();
    const started = ProductProcess.start('apps/cli/main.js', ['up', '--config', writeConfig(dataDirectory, options)], {});
    const url = await started.says(/(http:\/\/127\.0\.0\.1:\d+)\s/);
    await started.says(/ready; stop with/);
    return new Gateway(started, url, dataDirectory);
  }

  async ask(method: string, path: string, body?: object | Uint8Array): Promise<Answer> {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': isBytes ? 'audio/wav' : 'application/json' },
      ...(body === undefined ? {} : { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const json = (): Json => JSON.parse(bytes.toString()) as Json;
    return { status: response.status, type: response.headers.get('content-type') ?? '', bytes, json };
  }

  /** As `ask`, for what must work. */
  async get(method: string, path: string, body?: object | Uint8Array): Promise<Json> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.bytes.toString()}`);
    return answer.bytes.length === 0 ? {} : answer.json();
  }

  /** Opens a call. A node that is short of breath refuses new calls for a moment; whoever calls tries again. */
  async createCall(body: object): Promise<Json> {
    const answer = await until('a node takes the call', async () => {
      const tried = await this.ask('POST', '/v1/calls', body);
      return tried.status === 503 ? null : tried;
    });
    if (answer.status !== 201) throw new Error(`POST /v1/calls: ${answer.status} ${answer.bytes.toString()}`);
    return answer.json();
  }

  async application(vendor: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    return textOf((await this.get('POST', '/v1/applications', { name: vendor, vendor, settings }))['id']);
  }

  /** Shows a recording until it is in one of the states. */
  untilState(id: string, ...states: readonly string[]): Promise<Json> {
    return until(`recording ${id} is ${states.join(' or ')}`, async () => {
      const shown = await this.get('GET', `/v1/recordings/${id}`).catch(() => null);
      return shown !== null && states.includes(textOf(shown['state'])) ? shown : null;
    });
  }

  async remove(): Promise<void> {
    await this.process.kill();
    await rm(this.dataDirectory, { recursive: true, force: true });
  }
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
  json(): Json;
}

/** A worker process of its own on the same data directory and Redis. */
export function startWorkerProcess(
  { dataDirectory }: Pick<Gateway, 'dataDirectory'>,
  redisUrl: string,
  worker: Readonly<Record<string, unknown>> = {},
  options: ProductOptions = {},
): ProductProcess {
  const config = writeConfig(dataDirectory, { ...options, redisUrl, worker });
  return ProductProcess.start('apps/worker/main.js', ['--config', config], {});
}

/** JSON as tests look at it. */
export interface Json {
  readonly [field: string]: Json;
}

/** Asks again and again until there is an answer. */
export async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await delay(50);
  }
}

/** Writes a configuration for a process on this data directory (YAML is a superset of JSON). */
export function writeConfig(dataDirectory: string, options: ProductOptions): string {
  const file = join(dataDirectory, `recgate-${Math.random().toString(36).slice(2)}.yaml`);
  const config = {
    dataDirectory,
    tenants: [{ id: 'faults', apiKeys: [API_KEY] }],
    http: { port: 0 },
    redis: options.redisUrl === undefined ? {} : { url: options.redisUrl },
    media: { websocketPort: 0, ...options.media },
    ...(options.transcription === undefined ? {} : { transcription: options.transcription }),
    worker: { ...QUICK_WORKER, ...options.worker },
    outbound: { allowHttp: true, allowPrivateNetworks: true, timeoutMs: 3000, ...options.outbound },
    log: { level: 'warn' },
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** A value of an answer as text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
