import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { filesBelow } from '#libs/testing';
import { BreakableRedis, Gateway, momentOf, startWorkerProcess, textOf, toneWav, until, uploaded, type Json, type ProductProcess } from './support/index.js';

const TOKEN = 'files-token';
const HEADER_BYTES = 44;
/** Long enough for several writes to be under way when something dies. */
const OLD_SECONDS = 20;

interface Container {
  readonly total: { readonly bytes: number; readonly files: number };
  readonly holds: Readonly<Record<string, object>>;
}

interface ChangedFile {
  readonly sid: string;
  readonly recordingId: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** A WAV like the first with the audio of the second behind it. */
function joined(first: Buffer, second: Buffer): Buffer {
  const whole = Buffer.concat([first, second.subarray(HEADER_BYTES)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  whole.writeUInt32LE(whole.length - HEADER_BYTES, HEADER_BYTES - 4);
  return whole;
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('files of the own store', () => {
  let redis: BreakableRedis;
  let gateway: Gateway;
  let app: string;
  const workers: ProductProcess[] = [];

  beforeAll(async () => {
    redis = await BreakableRedis.start();
    gateway = await Gateway.up({ redisUrl: redis.url, worker: { stages: ['capture', 'encode', 'deliver', 'housekeeping'] } });
    app = await gateway.application('flexml', { accountToken: TOKEN });
  });

  afterAll(async () => {
    redis.thaw();
    for (const worker of workers) await worker.kill();
    await gateway.remove();
    await redis.remove();
  });

  const storeWorker = (): ProductProcess => {
    const worker = startWorkerProcess(gateway, redis.url, { stages: ['store'] });
    workers.push(worker);
    return worker;
  };
  const core = async (method: string, path: string, body?: object | Uint8Array): Promise<Json> => {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(`${gateway.url}/carrierx/core/v2/storage${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': isBytes ? 'audio/x-wav' : 'application/json' },
      ...(body === undefined ? {} : { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Json);
  };
  const newContainer = async (fields: object = {}): Promise<string> => textOf((await core('POST', '/containers', fields))['container_sid']);
  const newFile = async (container: string, wav: Buffer): Promise<string> =>
    textOf((await core('POST', `/files?container_sid=${container}&file_name=old.wav`, wav))['file_sid']);
  const documentOf = async (collection: string, sid: string): Promise<Json> => {
    const text = await redis.ask((client) => client.hget(`recgate:{docs-${app}}:flexml.${collection}`, sid));
    return (JSON.parse(text ?? '{}') as Json)['body'] ?? {};
  };
  const bookOf = async (sid: string) => (await documentOf('containers', sid)) as unknown as Container;
  const settledBook = (sid: string) =>
    until(`container ${sid} is settled`, async () => {
      const book = await bookOf(sid);
      return Object.keys(book.holds).length === 0 ? book.total : null;
    });
  const change = async (container: string, ifExists: 'append' | 'overwrite', hz: number): Promise<ChangedFile> => {
    const [before, next] = [toneWav(OLD_SECONDS, hz), toneWav(3, hz + 55)];
    const sid = await newFile(container, before);
    const recordingId = await uploaded(gateway, app, next, { destination: { kind: 'media-store', file: sid }, ifExists });
    await gateway.untilState(recordingId, 'storing');
    return { sid, recordingId, before, after: ifExists === 'append' ? joined(before, next) : next };
  };
  /** Reads all files again and again until told to stop; answers everything that was not one of the promised contents. */
  const watching = (files: readonly ChangedFile[], isOver: () => boolean): Promise<string[]> => {
    const watch = async ({ sid, before, after }: ChangedFile): Promise<string[]> => {
      const promised = [before, after].map(hashOf);
      const wrong: string[] = [];
      let reads = 0;
      for (; !isOver(); reads += 1) {
        const response = await fetch(`${gateway.url}/carrierx/f/${sid}`);
        const bytes = Buffer.from(await response.arrayBuffer());
        // Without Redis nobody can say which bytes are the file's; that is said, and nothing else is sent.
        if (response.status !== 503 && !promised.includes(hashOf(bytes))) wrong.push(`${response.status}: ${bytes.length} bytes`);
        await delay(40);
      }
      return reads === 0 ? [...wrong, 'never read'] : wrong;
    };
    return Promise.all(files.map(watch)).then((all) => all.flat());
  };

  it('are whole at every moment, and hold what was promised once, whatever dies while they are written; quotas come out right', async () => {
    const container = await newContainer();
    const files: ChangedFile[] = [];
    const batch = async (...hz: number[]): Promise<ChangedFile[]> => {
      const made = await Promise.all(hz.map((each, index) => change(container, index % 2 === 0 ? 'append' : 'overwrite', each)));
      files.push(...made);
      return made;
    };
    const renditions = join(gateway.dataDirectory, 'renditions');
    const media = join(gateway.dataDirectory, 'media');
    const arriving = join(media, '.tmp');
    let over = false;

    await batch(300, 400, 500);
    const seen = [watching([...files], () => over)];
    const joining = momentOf(renditions, (name) => name.startsWith('appended-'));
    const first = storeWorker();
    await joining;
    await first.kill();

    seen.push(watching(await batch(600, 700, 800, 900), () => over));
    const putting = momentOf(arriving, (name) => name.endsWith('.tmp'));
    const second = storeWorker();
    await putting;
    redis.freeze();
    await delay(300); // What was begun at the store is done there; the ledger has not been told.
    await second.kill();
    redis.thaw(); // What the dead worker said to the ledger just before is carried out now.

    seen.push(watching(await batch(1000, 1100, 1200, 1300), () => over));
    const puttingAgain = momentOf(arriving, (name) => name.endsWith('.tmp'));
    const third = storeWorker();
    await puttingAgain;
    await redis.kill();
    await delay(300);
    await third.kill();
    await redis.startAgain();

    storeWorker();
    for (const { recordingId } of files) expect(await gateway.untilState(recordingId, 'available', 'failed')).toMatchObject({ state: 'available' });
    over = true;
    expect((await Promise.all(seen)).flat()).toEqual([]);
    for (const { sid, after } of files) {
      const bytes = Buffer.from(await (await fetch(`${gateway.url}/carrierx/f/${sid}`)).arrayBuffer());
      expect([sid, hashOf(bytes)]).toEqual([sid, hashOf(after)]);
    }
    expect(await settledBook(container)).toEqual({ bytes: files.reduce((sum, { after }) => sum + after.length, 0), files: files.length });

    for (const { sid } of files) await core('DELETE', `/files/${sid}`);
    expect(await settledBook(container)).toEqual({ bytes: 0, files: 0 });
    expect(filesBelow(media).filter((name) => !name.endsWith('.tmp'))).toEqual([]);
  }, 120_000);
});
