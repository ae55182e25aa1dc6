import { describe, expect, it } from '@jest/globals';
import { networkCodeOf, storeError } from './store-error.js';

const TABLE = { NoSuchBucket: 'destination.missing' } as const;
const refusal = { code: null, status: null, message: 'words' };

describe('storeError', () => {
  it.each([
    [{ ...refusal, code: 'NoSuchBucket', status: 404 }, 'destination.missing'],
    [{ ...refusal, code: 'SomethingNew', status: 403 }, 'destination.denied'],
    [{ ...refusal, code: 'SomethingNew', status: 418 }, 'destination.rejected'],
    [{ ...refusal, code: 'SomethingNew', status: 502 }, 'destination.unreachable'],
    [{ ...refusal, status: 507 }, 'destination.full'],
    [{ ...refusal, status: 429 }, 'destination.unreachable'],
    [{ ...refusal, code: 'ECONNRESET' }, 'destination.unreachable'],
    [{ ...refusal, code: 'CERT_HAS_EXPIRED' }, 'destination.unreachable'],
    [{ ...refusal, code: 'constructor', status: 400 }, 'destination.rejected'],
    [{ ...refusal, code: 'TypeError' }, 'gateway.internal'],
    [refusal, 'gateway.internal'],
  ])('reads %j as %s', (given, code) => {
    expect(storeError('Store', given, TABLE, {}).code).toBe(code);
  });

  it('keeps the words and takes out credentials in every spelling', () => {
    const secrets = { key: 'se/cret+key=', sas: '?sv=2026&sig=abc%2Fdef%3D', short: 'a' };
    const message = [
      'a key se/cret+key= is bad,',
      encodeURIComponent('se/cret+key='),
      Buffer.from('se/cret+key=').toString('base64'),
      'sig abc/def= sig=abc%2Fdef%3D',
    ].join(' ');
    const error = storeError('Store', { ...refusal, message }, TABLE, secrets);
    expect(error.message).toBe('Store: a key *** is bad, *** *** sig *** sig=***');
    expect(error.cause).toBeUndefined();
  });
});

describe('networkCodeOf', () => {
  it('finds the code in causes, gathered errors and words', () => {
    const inner = Object.assign(new Error('x'), { code: 'ENOTFOUND' });
    expect(networkCodeOf(new Error('y', { cause: new Error('z', { cause: inner }) }))).toBe('ENOTFOUND');
    expect(networkCodeOf(new AggregateError([inner]))).toBe('ENOTFOUND');
    expect(networkCodeOf(new Error('reason: connect ECONNREFUSED 127.0.0.1:1'))).toBe('ECONNREFUSED');
    expect(networkCodeOf(new Error('NoSuchBucket'))).toBeNull();
    expect(networkCodeOf('text')).toBeNull();
  });
});
