import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** A private, real Redis of one test file. */
export interface TestRedis {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts `redis-server` on a free loopback port in a directory of its own.
 * @throws Error when redis-server is not installed: a missing service fails a test, it never skips it
 */
export async function startTestRedis(options: { readonly appendOnly?: boolean } = {}): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'recgate-redis-'));
  const port = await freePort();
  const persistence = options.appendOnly === true ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--maxmemory-policy', 'noeviction', ...persistence],
    { stdio: 'ignore' },
  );
  const failed = new Promise<never>((_, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`redis-server ended with code ${code ?? 'none'} instead of listening on ${port}`)));
  });
  failed.catch(() => undefined);
  const url = `redis://127.0.0.1:${port}`;
  await Promise.race([answering(url), failed]);
  return {
    url,
    pid: server.pid ?? 0,
    stop: async () => {
      const exited = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const FIRST_PORT = 12_000;
const LAST_PORT = 31_999;

/**
 * A TCP port that was free a moment ago. It lies below the range from which the system takes the ports of outgoing
 * connections, so that none of the thousands of those in a test run can take it in the meantime.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function answering(url: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const pong = await redis.ping().catch(() => null);
    if (pong === 'PONG') break;
    await delay(20);
  }
  redis.disconnect();
}
