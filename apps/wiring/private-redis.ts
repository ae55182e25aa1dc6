import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
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

const RESTART_PAUSE_MS = 250;

/** Connections for a question or two: one whose server has gone must not hold up the end of the process, ms. */
const BRIEF = { disconnectTimeout: 100 } as const;

/** Notes who runs the server of a directory; a gateway that was killed cannot stop it. */
interface ServerNote {
  readonly port: number;
  readonly gatewayPid: number;
  /** Loopback is open to every user of the machine; what lies in the server is not. Absent: a server of an earlier release. */
  readonly password?: string;
}

/**
 * Starts `redis-server` with AOF `always` and `noeviction` in its own directory, and again whenever it dies. A server
 * that a killed gateway has left on the same directory is stopped first: two of them would spoil each other's files.
 * @throws RecgateError `gateway.unavailable` when it is not installed, does not come up, or the directory is in use
 */
export async function startPrivateRedis(dataDirectory: string): Promise<PrivateRedis> {
  await mkdir(join(dataDirectory, 'redis'), { recursive: true });
  const directory = await realpath(join(dataDirectory, 'redis'));
  const note = join(directory, 'server.json');
  await stopLeftServer(note, directory);
  const port = await freeLoopbackPort();
  const password = randomBytes(24).toString('hex');
  const url = addressOf(port, password);
  await writeFile(note, JSON.stringify({ port, gatewayPid: process.pid, password } satisfies ServerNote), { mode: 0o600 });
  let stopping = false;
  let server = launch(port, directory, password);
  const guard = (): void => {
    server.once('exit', () => {
      if (stopping) return;
      setTimeout(() => {
        if (stopping) return;
        server = launch(port, directory, password);
        server.on('error', () => undefined);
        guard();
      }, RESTART_PAUSE_MS);
    });
  };
  await untilAnswering(url, server);
  guard();
  return {
    url,
    get pid() {
      return server.pid ?? 0;
    },
    async stop() {
      stopping = true;
      await stopServer(url, server);
      await rm(note, { force: true });
    },
  };
}

/** A server of its own session: a Ctrl-C on the terminal reaches the gateway alone, which then stops it in order. */
function launch(port: number, directory: string, password: string): ChildProcess {
  const server = spawn('redis-server', ['-'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Read from its input, the password is in no list of processes. A server that is not there tells it by its own event.
  server.stdin.on('error', () => undefined);
  server.stdin.end(redisConfiguration(port, directory, password));
  return server;
}

function addressOf(port: number, password: string | undefined): string {
  return `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`;
}

async function stopLeftServer(file: string, directory: string): Promise<void> {
  const note = await readFile(file, 'utf8').then((text) => JSON.parse(text) as ServerNote, () => null);
  if (note === null) return;
  const admin = new Redis(addressOf(note.port, note.password), { ...BRIEF, maxRetriesPerRequest: 0, retryStrategy: () => null, commandTimeout: 5000 });
  admin.on('error', () => undefined);
  try {
    const config = (await admin.config('GET', 'dir').catch(() => [])) as string[];
    if (config[1] !== directory) return; // Nobody there, or the port is somebody else's by now.
    if (note.gatewayPid !== process.pid && isAlive(note.gatewayPid)) {
      throw new RecgateError('gateway.unavailable', `The data directory is used by another gateway (process ${note.gatewayPid}): ${directory}`);
    }
    await admin.shutdown('NOSAVE').catch(() => undefined);
    while ((await admin.ping().catch(() => '')) === 'PONG') await new Promise((again) => setTimeout(again, 25));
  } finally {
    admin.disconnect();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function redisConfiguration(port: number, directory: string, password: string): string {
  const options = {
    port: String(port),
    bind: '127.0.0.1',
    requirepass: password,
    'protected-mode': 'yes',
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'always',
    'aof-load-truncated': 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  return Object.entries(options).map(([key, value]) => `${key} ${JSON.stringify(value)}\n`).join('');
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    server.once('error', (error) => reject(cannotStart(error.message)));
    server.once('exit', (code) => reject(cannotStart(`it exited with code ${code ?? 'none'}`)));
  });
  failed.catch(() => undefined);
  const probe = new Redis(url, { ...BRIEF, maxRetriesPerRequest: null, retryStrategy: () => 25 });
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
  const admin = new Redis(url, { ...BRIEF, maxRetriesPerRequest: 1, retryStrategy: () => null });
  admin.on('error', () => undefined);
  await admin.shutdown('NOSAVE').catch(() => undefined);
  admin.disconnect();
  const kill = setTimeout(() => server.kill('SIGTERM'), 2000);
  await exited;
  clearTimeout(kill);
}

/** Below the range from which the system takes the ports of outgoing connections: none of those can be in the way of a restart. */
const FIRST_PORT = 12_000;
const LAST_PORT = 31_999;

async function freeLoopbackPort(): Promise<number> {
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
