import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '#libs/testing';
import { until } from './product.js';

/** A Redis that can be frozen, killed and started again on its own append-only file. */
export class BreakableRedis {
  private constructor(
    readonly directory: string,
    private readonly port: number,
    private server: ChildProcess,
  ) {}

  static async start(): Promise<BreakableRedis> {
    const directory = await mkdtemp(join(tmpdir(), 'recgate-faults-redis-'));
    const port = await freePort();
    const redis = new BreakableRedis(directory, port, launch(directory, port));
    await redis.answers();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** It holds its connections and answers nothing. */
  freeze(): void {
    this.server.kill('SIGSTOP');
  }

  thaw(): void {
    this.server.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    const exited = new Promise((resolve) => this.server.once('exit', resolve));
    this.server.kill('SIGKILL');
    await exited;
  }

  async startAgain(): Promise<void> {
    this.server = launch(this.directory, this.port);
    await this.answers();
  }

  async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    return askRedis(this.url, question);
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    await until('Redis answers', async () => ((await this.ask((client) => client.ping()).catch(() => '')) === 'PONG' ? true : null));
  }
}

/** Asks one question on a connection of its own. */
export async function askRedis<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0, disconnectTimeout: 100 });
  client.on('error', () => undefined);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

function launch(directory: string, port: number): ChildProcess {
  const options = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'];
  return spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...options], { stdio: 'ignore' });
}
