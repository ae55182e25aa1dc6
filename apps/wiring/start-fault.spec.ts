import { describe, expect, it } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { RecgateError } from '#libs/recording-model';
import { startFault } from './start-fault.js';

function listen(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

const faultOf = (started: Promise<unknown>) => started.then(() => 'it started', startFault);

describe('a start that fails', () => {
  it('names the port that is taken and the settings that choose it', async () => {
    const taken = await listen(0, '127.0.0.1');
    const { port } = taken.address() as AddressInfo;
    expect(await faultOf(listen(port, '127.0.0.1'))).toBe(
      `127.0.0.1:${port} is used by another process; choose another port (http.port, media.websocketPort)`,
    );
    taken.close();
  });

  it.each([
    ['203.0.113.5', '203.0.113.5 is no address of this machine (http.host, media.address)'],
    ['no host', 'no host is not known'],
  ])('names %s', async (host, words) => {
    expect(await faultOf(listen(0, host))).toEqual(expect.stringContaining(words));
  });

  it('names a directory that cannot be made', async () => {
    expect(await faultOf(mkdir('/dev/null/recgate'))).toEqual(expect.stringContaining('/dev/null/recgate'));
  });

  it('says what the gateway itself found, and leaves the rest to the stack', () => {
    expect(startFault(new RecgateError('gateway.unavailable', 'Redis did not answer'))).toBe('Redis did not answer');
    expect(startFault(new TypeError('x is not a function'))).toBeNull();
  });
});
