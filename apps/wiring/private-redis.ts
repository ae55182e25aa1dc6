import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { RecgateError } from '#libs/recording-model';

/** The embedded Redis of a single machine: loopback only, every write on disk before it is acknowledged. */
export interface PrivateRedis {
  readonly url: string;
  readonly pid: number;
  /** Stops the server; it writes everything down first. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

/**
 * Starts `redis-server` with AOF `always` and `noeviction` in its own directory.
 * @throws RecgateError `gateway.unavailable` when it is not installed or does not come up
 */
export async function startPrivateRedis(dataDirectory: string): Promise<PrivateRedis> {
  const directory = join(dataDirectory, 'redis');
  await mkdir(directory, { recursive: true });
  const port = await freeLoopbackPort();
  // A server of its own session: a Ctrl-C on the terminal reaches the gateway alone, which then stops it in order.
  const server = spawn('redis-server', redisArguments(port, directory), { stdio: 'ignore', detached: true });
  const url = `redis://127.0.0.1:${port}`;
  await untilAnswering(url, server);
  return { url, pid: server.pid ?? 0, stop: () => stopServer(url, server) };
}

function redisArguments(port: number, directory: string): string[] {
  const options = {
    port: String(port),
    bind: '127.0.0.1',
    'protected-mode': 'yes',
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'always',
    'aof-load-truncated': 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  return Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    server.once('error', (error) => reject(cannotStart(error.message)));
    server.once('exit', (code) => reject(cannotStart(`it exited with code ${code ?? 'none'}`)));
  });
  failed.catch(() => undefined);
  const probe = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 25 });
  probe.on('error', () => undefined);
  try {
    await Promise.race([loaded(probe), failed]);
  } finally {
    probe.disconnect();
  }
}

async function loaded(probe: Redis): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answer = await probe.ping().catch(() => '');
    if (answer === 'PONG') return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw cannotStart(`it did not answer within ${START_TIMEOUT_MS / 1000} s`);
}

function cannotStart(reason: string): RecgateError {
  return new RecgateError('gateway.unavailable', `redis-server could not be started: ${reason}. Install it (apt-get install redis-server) or set REDIS_URL`);
}

async function stopServer(url: string, server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = new Promise((resolve) => server.once('exit', resolve));
  const admin = new Redis(url, { maxRetriesPerRequest: 1, retryStrategy: () => null });
  admin.on('error', () => undefined);
  await admin.shutdown('NOSAVE').catch(() => undefined);
  admin.disconnect();
  const kill = setTimeout(() => server.kill('SIGTERM'), 2000);
  await exited;
  clearTimeout(kill);
}

function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
