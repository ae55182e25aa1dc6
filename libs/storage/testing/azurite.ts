import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';

export interface Azurite {
  /** Service URL, with the account in its path. */
  readonly url: string;
  readonly account: string;
  readonly accountKey: string;
  /** A client with all rights, for the test's own look at what is stored. */
  readonly service: BlobServiceClient;
  close(): Promise<void>;
}

/** The account every Azurite knows; published in its documentation, so no secret. */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const LISTENING = /successfully listens on (http:\/\/[\d.]+:\d+)/;

/** Starts Microsoft's blob emulator as a child process on a free loopback port, in memory, with these containers. */
export async function startAzurite({ containers }: { readonly containers: readonly string[] }): Promise<Azurite> {
  const directory = await mkdtemp(join(tmpdir(), 'recgate-azurite-'));
  const main = join(dirname(createRequire(import.meta.url).resolve('azurite/package.json')), 'dist/src/blob/main.js');
  const flags = ['--blobPort', '0', '--inMemoryPersistence', '--skipApiVersionCheck', '--silent', '--disableTelemetry'];
  const child = spawn(process.execPath, [main, ...flags], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  const origin = await new Promise<string>((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      const address = LISTENING.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    void ended.then(() => reject(new Error(`Azurite ended before it listened: ${said}`)));
  });

  const url = `${origin}/${ACCOUNT}`;
  const service = new BlobServiceClient(url, new StorageSharedKeyCredential(ACCOUNT, ACCOUNT_KEY));
  for (const container of containers) await service.createContainer(container);
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  return { url, account: ACCOUNT, accountKey: ACCOUNT_KEY, service, close };
}
