import { describe, expect, it } from '@jest/globals';
import { RecgateError } from '#libs/recording-model';
import { checkGrant, isOpenTo, readCredentials, readGrant, type TokenGrant } from './aculab.access.js';
import { AculabWebFault } from './aculab.web-fault.js';
import { WebParameters } from './aculab.web-parameters.js';
import { renderWebError } from './aculab.error-form.js';
import { refusal } from './testing/parsing.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const request = { path: '/file_get', accept: 'application/json', receivedAt: NOW };

function grant(parameters: Record<string, string>): TokenGrant {
  return readGrant(new WebParameters(new URLSearchParams({ ttl: '60', ...parameters })), NOW);
}

function codeOf(run: () => unknown): string {
  const { body } = renderWebError(refusal(run), request, NOW);
  return (body as { error: { code: string } }).error.code;
}

describe('access tokens (contract §8)', () => {
  it('lapse after their time, with code 0405', () => {
    const token = grant({});
    checkGrant(token, 'file_get', new Date(NOW.getTime() + 59_999));
    expect(codeOf(() => checkGrant(token, 'file_get', new Date(NOW.getTime() + 60_000)))).toBe('0405');
  });

  it('open what they were made for', () => {
    expect(codeOf(() => checkGrant(grant({}), 'access-token/new-access-token', NOW))).toBe('HTTP 403');
    expect(codeOf(() => checkGrant(grant({ service: 'file_list' }), 'file_get', NOW))).toBe('HTTP 403');
    expect(codeOf(() => checkGrant(grant({ service: 'file_write' }), 'file_write', NOW))).toBe('HTTP 403');
    checkGrant(grant({ service: 'file_write', media_write: 'true' }), 'file_write', NOW);
    const logs = grant({ filetypes: 'rest_logs', file_prefix: '/rest_logs/2026' });
    expect(isOpenTo(logs, 'rest', 'rest_logs/2026/11/21/x.txt')).toBe(true);
    expect(isOpenTo(logs, 'rest', '/rest_logs/2025/11/21/x.txt')).toBe(false);
    expect(isOpenTo(logs, 'media', '/rest_logs/2026/x.wav')).toBe(false);
  });

  it.each([
    { ttl: '43201' },
    { ttl: '-60' },
    { ttl: '' },
    { service: 'all' },
    { filetypes: 'media,video' },
    { media_write: 'maybe' },
  ])('are not made of %j', (parameters: Record<string, string>) => {
    expect(codeOf(() => grant(parameters))).toMatch(/^000[12]$/);
  });
});

describe('credentials of a request', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;

  it('are Basic with a user and a password that may hold colons, or a bearer token', () => {
    expect(readCredentials(basic('1-2-0/bob@example.com:a:b'))).toEqual({
      kind: 'basic',
      user: '1-2-0/bob@example.com',
      password: 'a:b',
    });
    expect(readCredentials('bearer abc.def')).toEqual({ kind: 'token', token: 'abc.def' });
  });

  it.each([undefined, '', 'Basic', 'Basic !!!', basic('nobody'), basic(':key'), basic('user:'), 'Digest x'])(
    'are not %j',
    (header) => {
      expect(readCredentials(header)).toBeNull();
    },
  );
});

describe('errors of web services', () => {
  it('have their own status and code; HTML is free of what was sent', () => {
    const fault = new AculabWebFault('notAllowed', 'no <b>entry</b>');
    expect(renderWebError(fault, request, NOW)).toMatchObject({
      status: 403,
      body: {
        error: { code: 'HTTP 403', datetime: '2026-11-21_12:00:00' },
        request: { url: '/file_get', datetime: '2026-11-21_12:00:00' },
      },
    });
    const page = renderWebError(fault, { ...request, accept: 'text/html' }, NOW);
    expect([page.headers['Content-Type'], String(page.body).includes('<b>')]).toEqual([
      'text/html; charset=utf-8',
      false,
    ]);
    const missing = renderWebError(new RecgateError('auth.missing', 'none'), request, NOW);
    expect(missing).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': expect.stringContaining('Basic') } });
  });
});
