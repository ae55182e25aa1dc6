import { describe, expect, it } from '@jest/globals';
import type { ParsedDocument, RecgateError } from '#libs/recording-model';
import { applicationWith, parseDocument, refusalOf } from '#libs/testing';
import { flexmlAdapter } from './index.js';

const SID = 'ea662226-9f71-44fe-858f-f8b624034974';

function parse(
  body: string,
  application = applicationWith(),
  url: string | null = 'https://app.example.com/vm',
): ParsedDocument {
  return parseDocument(flexmlAdapter, body, { application, url });
}

function refusal(body: string, url: string | null = 'https://app.example.com/vm'): RecgateError {
  return refusalOf(() => parse(body, applicationWith(), url));
}

describe('flexml: refusals', () => {
  it.each([
    ['maxLength="0"'],
    ['maxLength="1e309"'],
    ['maxLength="NaN"'],
    ['maxLength="99999999999"'],
    ['timeout="0"'],
    ['timeout="-5"'],
    ['timeout="2.5"'],
    ['direction="sideways"'],
    ['fileFormat="flac"'],
    ['trim="a-bit"'],
    ['playBeep="yes"'],
    ['action="/a" method="PUT"'],
    ['action="ftp://app.example.com/a"'],
    ['callbackUrl="http://"'],
    ['transcribe="true" transcribeLowConfidenceWordThreshold="1.5"'],
    ['integerKey1="seven"'],
    ['lifecycleTtl="60" lifecycleAction="burn"'],
    ['lifecycleTtl="-2"'],
    ['lifecycleTtl="soon"'],
    [`fileSid="${SID}" fileMode="prepend"`],
  ])('refuses <Record %s/> with its place', (attributes) => {
    const error = refusal(`<Response>\n  <Record ${attributes}/>\n</Response>`);
    expect([error.code, error.position?.line]).toEqual(['field.invalid', 2]);
    expect(error.field).toMatch(/^Record@/);
  });

  it.each([
    ['<Response><Gather><Record/></Gather></Response>'],
    ['<Response><Dial><record/></Dial></Response>'],
    ['<Response><Start><X><Record/></X></Start></Response>'],
    ['<Response><Record><Say>x</Say></Record></Response>'],
    ['<Response><Record><Record/></Record></Response>'],
  ])('refuses %s: Record stands alone and directly in Response (contract §2.3)', (body) => {
    expect(refusal(body).code).toBe('field.invalid');
  });

  it('refuses a relative URL of a document that came from nowhere', () => {
    expect(refusal('<Response><Record action="/next"/></Response>', null).field).toBe('Record@action');
  });

  it.each([
    ['<Response><Say>hi</Response>', 'document.malformed', 1, 28],
    ['<Response>\n<Record a="1" a="2"/>\n</Response>', 'document.malformed', 2, 21],
    ['<Response>&bomb;</Response>', 'document.malformed', 1, 16],
    ['<Answer/>', 'document.malformed', 1, 1],
    ['{"not":"xml"}', 'document.malformed', 1, 13],
    ['<!DOCTYPE r [<!ENTITY a "b">]>\n<Response/>', 'document.forbidden', 1, 1],
    [`<Response>${'<a>'.repeat(32)}`, 'document.too_deep', 1, 104],
    [`<Response>${' '.repeat(256 * 1024)}</Response>`, 'document.too_large', 1, 1],
  ])('refuses what cannot be read: %#', (body, code, line, column) => {
    const error = refusal(body);
    expect([error.code, error.position?.line, error.position?.column]).toEqual([code, line, column]);
  });

  it('tells every error of the XML with its place', () => {
    expect(refusal('<Response>\n<Say a=1>&x;</Say>\n</Respond>').message).toMatch(/2:\d+ .* · 2:\d+ .* · 3:\d+ /);
  });

  it('answers in the form of the vendor', () => {
    const error = refusal('<Response>\n  <Record direction="sideways"/>\n</Response>');
    expect(flexmlAdapter.renderError(error)).toEqual({
      status: 400,
      headers: { 'Content-Type': 'application/json' },
      body: {
        errors: [
          {
            message: 'Record@direction must be one of any, in, out (line 2, column 11)',
            type: 'field.invalid',
            field: 'Record@direction',
          },
        ],
      },
    });
  });
});
