import { get } from 'node:http';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createEndpointRules } from './index.js';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'inside.example.net': ['10.0.0.7'],
  'metadata.example.net': ['169.254.169.254', 'fe80::1'],
  'mixed.example.net': ['127.0.0.1', '8.8.8.8'],
  'outside.example.net': ['8.8.8.8'],
};

const lookup: LookupFunction = (hostname, _options, callback) => {
  const addresses = NAMES[hostname];
  if (addresses === undefined) callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
  else
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
};

describe('EndpointRules', () => {
  const closed = createEndpointRules({}, lookup);
  const opened = createEndpointRules({ allowHttp: true, allowPrivateNetworks: true }, lookup);

  it.each(['https://outside.example.net', 'https://mixed.example.net/base', 'https://8.8.8.8:9000'])(
    'lets %s through',
    async (url) => {
      await expect(closed.check(url)).resolves.toBeUndefined();
    },
  );

  it.each([
    'http://outside.example.net',
    'https://127.0.0.1:9000',
    'https://[::1]/x',
    'https://2130706433',
    'https://inside.example.net',
    'ftp://outside.example.net',
    'no address',
  ])('refuses %s while nothing is opened', async (url) => {
    await expect(closed.check(url)).rejects.toMatchObject({ code: 'outbound.refused', retry: false });
  });

  it.each(['https://metadata.example.net', 'https://169.254.169.254', 'http://168.63.129.16'])(
    'refuses %s whatever is opened',
    async (url) => {
      await expect(opened.check(url)).rejects.toMatchObject({ code: 'outbound.refused' });
    },
  );

  it('lets http and private networks through where they are opened', async () => {
    for (const url of ['http://127.0.0.1:9000', 'http://inside.example.net']) await opened.check(url);
  });

  it('says that a name has no address, and tells no credentials', async () => {
    const failure = closed.check('https://user:canary@nowhere.example.net/');
    await expect(failure).rejects.toMatchObject({
      code: 'outbound.failed',
      message: expect.not.stringContaining('canary'),
    });
  });

  it('resolves to allowed addresses only, for libraries that connect by themselves', async () => {
    const outcome = await new Promise((resolve) => {
      get('http://inside.example.net:9/', { lookup: closed.lookup }, resolve).once('error', resolve);
    });
    expect(String(outcome)).toContain('no address the gateway may talk to');
  });
});
