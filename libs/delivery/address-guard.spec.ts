import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAddressGuard } from './index.js';

describe('AddressGuard', () => {
  const guard = createAddressGuard({});
  const opened = createAddressGuard({ allowPrivateNetworks: true });

  it.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'])('allows the public address %s', (address) => {
    expect([guard.allows(address), opened.allows(address)]).toEqual([true, true]);
  });

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fc00::1',
    'fd12::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
  ])('allows %s only where private networks are opened', (address) => {
    expect([guard.allows(address), opened.allows(address)]).toEqual([false, true]);
  });

  it.each([
    '169.254.169.254',
    'fe80::1',
    '0.0.0.0',
    '::',
    '255.255.255.255',
    '224.0.0.1',
    'ff02::1',
    '192.0.2.1',
    '198.18.0.1',
    '240.0.0.1',
    '168.63.129.16',
    '::ffff:168.63.129.16',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '::7f00:1',
    '::a9fe:a9fe',
    'localhost',
    '127.0.0.1:80',
    '',
    '[::1]',
  ])('never allows %p', (address) => {
    expect([guard.allows(address), opened.allows(address)]).toEqual([false, false]);
  });

  it('opens exactly the named ranges', () => {
    const some = createAddressGuard({ allowPrivateNetworks: ['10.1.0.0/16', 'fd00:1::/32', '169.254.7.7/32'] });
    const allowed = ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::9', '169.254.7.7', '8.8.8.8'];
    const closed = ['10.2.0.1', '127.0.0.1', 'fd00:2::1', '169.254.169.254'];
    expect([...allowed, ...closed].map((address) => some.allows(address))).toEqual([
      ...allowed.map(() => true),
      ...closed.map(() => false),
    ]);
    expect(() => createAddressGuard({ allowPrivateNetworks: ['10.1.0.0'] })).toThrow();
  });

  it('answers for any text and keeps every loopback address shut', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof guard.allows(text) === 'boolean'));
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), (parts) => !guard.allows(`127.${parts.join('.')}`)),
    );
  });
});
