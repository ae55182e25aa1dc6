import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { filesBelow } from '#libs/testing';
import { askRedis, Gateway, newDataDirectory, toneWav, until, uploaded, type Json } from './support/index.js';

const CALL = { from: '+15165550138', to: '+15165550137' };

describe('the private Redis of a gateway that is killed', () => {
  let gateway: Gateway;

  afterAll(async () => {
    await gateway.process.stop();
    await gateway.remove();
  });

  const address = (directory: string): string => {
    const note = JSON.parse(readFileSync(join(directory, 'redis', 'server.json'), 'utf8')) as { readonly port: number; readonly password: string };
    return `redis://:${note.password}@127.0.0.1:${note.port}`;
  };
  const processOf = async (url: string) => Number(/process_id:(\d+)/.exec(await askRedis(url, (client) => client.info('server')))?.[1]);
  const isGone = (url: string) => until('the old server is gone', async () => ((await askRedis(url, (client) => client.ping()).catch(() => '')) === 'PONG' ? null : true));

  it('is stopped before another one opens the same files', async () => {
    const dataDirectory = newDataDirectory();
    gateway = await Gateway.up({ dataDirectory });
    const id = await uploaded(gateway, await gateway.application('flexml'), toneWav(1));
    const old = address(dataDirectory);
    await gateway.process.kill();
    expect(await askRedis(old, (client) => client.ping())).toBe('PONG');
    gateway = await Gateway.up({ dataDirectory });
    await isGone(old);
    expect(await gateway.untilState(id, 'available', 'failed')).toMatchObject({ state: 'available' });
  }, 60_000);

  it('and all other files of the gateway can be read by nobody else', () => {
    const made = filesBelow(gateway.dataDirectory).filter((name) => !/^recgate-\w+\.yaml$/.test(name));
    const open = made.filter((name) => {
      const found = statSync(join(gateway.dataDirectory, name), { throwIfNoEntry: false });
      return found !== undefined && (found.mode & 0o077) !== 0;
    });
    expect(open).toEqual([]);
  });

  it('answers nobody who does not know its password', async () => {
    const open = address(gateway.dataDirectory).replace(/:\w+@/, '');
    await expect(askRedis(open, (client) => client.keys('*'))).rejects.toThrow('NOAUTH');
  });

  it('has every accepted start on disk when it is acknowledged: cut off there, it still knows them', async () => {
    const { dataDirectory } = gateway;
    const app = await gateway.application('flexml');
    const accepted: string[] = [];
    for (let index = 0; index < 20; index += 1) {
      const started = await gateway.get('POST', '/v1/recordings', { applicationId: app, source: { kind: 'upload' }, call: CALL, spec: {} });
      accepted.push(String((started['recordings'] as unknown as Json[])[0]?.['id']));
    }
    const files = join(dataDirectory, 'redis', 'appendonlydir');
    const last = readdirSync(files).filter((name) => name.includes('.incr.')).sort().at(-1) ?? '';
    const synced = statSync(join(files, last)).size;
    const url = address(dataDirectory);
    const pid = await processOf(url);
    await gateway.process.kill();
    process.kill(pid, 'SIGKILL');
    await isGone(url);
    truncateSync(join(files, last), synced);
    gateway = await Gateway.up({ dataDirectory });
    for (const id of accepted) expect(await gateway.get('GET', `/v1/recordings/${id}`)).toMatchObject({ state: 'accepted' });
  }, 60_000);

  it('is started again when it dies', async () => {
    const url = address(gateway.dataDirectory);
    process.kill(await processOf(url), 'SIGKILL');
    await until('Redis is back', async () => ((await gateway.ask('GET', '/ready')).status === 200 ? true : null));
    const id = await uploaded(gateway, await gateway.application('flexml'), toneWav(1));
    expect(await gateway.untilState(id, 'available', 'failed')).toMatchObject({ state: 'available' });
  }, 60_000);
});
