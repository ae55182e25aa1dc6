import { describe, expect, it } from '@jest/globals';
import { RecgateError } from '#libs/recording-model';
import { WEB_SERVICES, checkGrant, isOpenTo, readCredentials, readGrant, type TokenGrant } from './aculab.access.js';
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
    const opened = (parameters: Record<string, string>) =>
      WEB_SERVICES.filter((service) => {
        try {
          checkGrant(grant(parameters), service, NOW);
          return true;
        } catch {
          return false;
        }
      });
    expect(opened({})).toEqual(['file_list', 'file_get']);
    expect(opened({ filetypes: 'media' })).toEqual(['file_list', 'file_get']);
    expect(opened({ media_write: 'true' })).toEqual([
      'file_list',
      'file_get',
      'file_write',
      'file_delete',
      'file_move',
    ]);
    expect(opened({ service: 'reminders' })).toEqual(['service_start']);
    expect(opened({ service: 'reminders', media_write: 'true' })).toEqual(['service_start']);
    expect(opened({ service: 'reminders', filetypes: 'rest_logs' })).toEqual([
      'file_list',
      'file_get',
      'service_start',
    ]);
    expect(codeOf(() => checkGrant(grant({}), 'rest_interrupt', NOW))).toBe('HTTP 403');
    const logs = grant({ filetypes: 'rest_logs', file_prefix: '/rest_logs/2026' });
    expect(isOpenTo(logs, 'rest', 'rest_logs/2026/11/21/x.txt')).toBe(true);
    expect(isOpenTo(logs, 'rest', '/rest_logs/2025/11/21/x.txt')).toBe(false);
    expect(isOpenTo(logs, 'media', '/rest_logs/2026/x.wav')).toBe(false);
  });

  it('take file types given several times, and the prefix by both its names', () => {
    const given = new WebParameters(new URLSearchParams('filetypes=media&filetypes=rest_logs&prefix=/app'));
    expect(readGrant(given, NOW)).toEqual({
      expiresAt: '2026-11-21T13:00:00.000Z',
      outboundService: null,
      fileTypes: ['media', 'rest'],
      filePrefix: '/app',
      mediaWrite: false,
    });
  });

  it.each([{ ttl: '43201' }, { ttl: '-60' }, { filetypes: 'media,video' }, { media_write: 'maybe' }])(
    'are not made of %j',
    (parameters: Record<string, string>) => {
      expect(codeOf(() => grant(parameters))).toMatch(/^000[12]$/);
    },
  );
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
  it('tell all faults of the parameters at once; one alone as it is', () => {
    const parameters = new WebParameters(new URLSearchParams('ttl=0&filetypes=video&media_write=true'));
    const several = renderWebError(
      refusal(() => readGrant(parameters, NOW)),
      request,
      NOW,
    );
    expect(several).toMatchObject({
      status: 400,
      body: {
        error: {
          code: 'HTTP 400',
          details: ['The parameter ttl is zero', 'The parameter filetypes may not hold "video"'],
        },
      },
    });
    const one = renderWebError(
      refusal(() => grant({ filetypes: 'video' })),
      request,
      NOW,
    );
    expect(one.body).not.toHaveProperty('error.details');
    expect(one.body).toMatchObject({
      error: { code: '0002', link: 'https://www.aculab.com/cloud/web-services/web-service-errors?error=0002' },
    });
  });

  it('have their own status and code; HTML is free of what was sent', () => {
    const fault = new AculabWebFault('notAllowed', 'no <b>entry</b>');
    expect(renderWebError(fault, request, NOW)).toMatchObject({
      status: 403,
      body: {
        error: {
          code: 'HTTP 403',
          datetime: '2026-11-21_12:00:00',
          link: 'https://www.aculab.com/cloud/web-services/web-service-errors',
        },
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
