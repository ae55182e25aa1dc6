import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { ParsedDocument } from '#libs/recording-model';
import { applicationWith, parseDocument, SAMPLE_CALL } from '#libs/testing';
import { flexmlAdapter } from './index.js';

const SID = 'ea662226-9f71-44fe-858f-f8b624034974';

const DOCUMENT_URL = 'https://app.example.com/vm';

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
}

function parse(
  body: string,
  application = applicationWith(),
  url: string | null = 'https://app.example.com/vm',
): ParsedDocument {
  return parseDocument(flexmlAdapter, body, { application, url });
}

describe('flexml: other verbs (contract §5)', () => {
  function actions(body: string, application = applicationWith()): unknown[] {
    return parse(body, application).steps.map(({ at: _at, ...action }) => action);
  }

  it('reads the review document of the re-record loop', () => {
    const [gather, redirect] = actions(fixture('scenario-2-review.xml'));
    expect(gather).toEqual({
      kind: 'collectDigits',
      prompts: [
        expect.objectContaining({ kind: 'playMedia', url: `https://storage.carrierx.com/f/${SID}?format=1595927.wav` }),
        expect.objectContaining({ kind: 'wait', durationMs: 1000 }),
        expect.objectContaining({ kind: 'speak', text: 'Press 2 to keep it, 3 to record again.' }),
      ],
      maxDigits: 1,
      finishKeys: '',
      timeoutMs: 10_000,
      next: { purpose: 'action', url: 'https://app.example.com/review', method: 'POST', userinfo: null },
      nextWhenEmpty: false,
    });
    expect(redirect).toEqual({
      kind: 'fetch',
      request: { purpose: 'redirect', url: 'https://app.example.com/review/again', method: 'GET', userinfo: null },
    });
  });

  it('answers a call that rings with the first verb that needs it, and no other', () => {
    const kinds = (body: string, callState: 'ringing' | 'answered'): string =>
      parseDocument(flexmlAdapter, `<Response>${body}</Response>`, { callState }).steps.map(({ kind }) => kind).join(' ');
    const voicemail = '<Pause length="2"/><PreAnswer><Say>One moment</Say></PreAnswer><Say>Speak</Say><Record/><HangUp/>';
    expect(kinds(voicemail, 'ringing')).toBe('wait speak answer speak record hangup');
    expect(kinds(voicemail, 'answered')).toBe('wait speak speak record hangup');
    expect(kinds('<Hangup/>', 'ringing')).toBe('answer hangup');
    expect(kinds('<Reject/>', 'ringing')).toBe('reject');
    expect(kinds('<Redirect>/next</Redirect>', 'ringing')).toBe('fetch');
  });

  it('rings a dialled number for its timeout, 30 s without one, and keys sendDigits to whoever answers', () => {
    const connect = (body: string) => actions(`<Response>${body}</Response>`)[0];
    expect(connect('<Dial timeout="12"><Number sendDigits="w12#">15165550140</Number></Dial>')).toMatchObject({
      kind: 'connect',
      to: '15165550140',
      rules: { answerMs: 12_000, digits: 'w12#' },
    });
    expect(connect('<Dial>15165550140</Dial>')).toMatchObject({ kind: 'connect', rules: { answerMs: 30_000 } });
  });

  it('goes on after what it does not carry out', () => {
    expect(parse(fixture('scenario-3-debug.xml')).steps.map((step) => step.kind)).toEqual([
      'skipped',
      'record',
      'collectDigits',
      'hangup',
    ]);
    const tolerant = parse(fixture('tolerant.xml'));
    expect(tolerant.steps.map((step) => step.kind).join(' ')).toBe(
      'record record record skipped skipped playMedia playMedia sendDigits fetch skipped skipped skipped sendDigits sendDigits connect collectDigits fetch',
    );
    expect(tolerant.warnings.map((warning) => warning.message)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Frobnicate is skipped/),
        expect.stringMatching(/loudness/),
        expect.stringMatching(/given twice/),
      ]),
    );
  });

  it('plays files of its own store from the store URL', () => {
    expect(
      actions(
        `<Response><Play><File fileSid="${SID}"/></Play></Response>`,
        applicationWith({ storageUrl: 'http://127.0.0.1:8080/carrierx' }),
      ),
    ).toEqual([{ kind: 'playMedia', url: `http://127.0.0.1:8080/carrierx/f/${SID}`, repeat: 1, background: false }]);
  });

  it('asks the action of Amd with the status of an analysis that came to nothing', () => {
    const application = applicationWith();
    const { steps, warnings, accounting } = parse(
      '<Response><AMD action="/amd?c=7" method="post" initialsilence="2500" totalAnalysisTime="5000"/><Hangup/></Response>',
    );
    expect(steps.map(({ kind }) => kind)).toEqual(['fetch', 'hangup']);
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('NOTSURE')]);
    expect(accounting.map(({ outcome }) => outcome)).toEqual(['exact', 'exact', 'dropped', 'dropped']);
    const [amd] = steps;
    if (amd?.kind !== 'fetch') throw new Error('no request');
    const wire = flexmlAdapter.renderFlowRequest(amd.request, {
      application,
      call: SAMPLE_CALL,
      callState: 'answered',
      callDurationMs: 0,
      answered: true,
      hangupBy: null,
      documentUrl: DOCUMENT_URL,
      flowState: {},
      recording: null,
      collected: null,
      error: null,
      now: new Date(0),
    });
    expect([wire.method, wire.url]).toEqual(['POST', 'https://app.example.com/amd?c=7']);
    expect(wire.body).toMatch(/"RequestUrl":"https:\/\/app\.example\.com\/vm","AMDStatus":"NOTSURE","AMDCause":""}$/);
  });

  it('plays what PreAnswer holds and takes the keys of validDigits alone', () => {
    const [hello, reject] = actions('<Response><PreAnswer><Say>Hello</Say></PreAnswer><Reject/></Response>');
    expect([hello, reject]).toEqual([
      expect.objectContaining({ kind: 'speak', text: 'Hello' }),
      expect.objectContaining({ kind: 'reject' }),
    ]);
    const [gather] = actions('<Response><Gather validDigits="12" finishOnKey="#"/></Response>');
    expect(gather).toMatchObject({ kind: 'collectDigits', validKeys: '12', finishKeys: '#' });
  });

  it('goes to errorAction when audio cannot be had, but not from audio in the background', () => {
    const errorAction = 'action="/next" errorAction="/sorry?a=1" errorMethod="get"';
    const onFailed = {
      purpose: 'errorAction',
      url: 'https://app.example.com/sorry?a=1',
      method: 'GET',
      userinfo: null,
    };
    expect(actions(`<Response><Play ${errorAction}>/a.wav</Play></Response>`)).toEqual([
      expect.objectContaining({ kind: 'playMedia', onFailed }),
      expect.objectContaining({ kind: 'fetch' }),
    ]);
    const behind = parse(`<Response><Play background="true" ${errorAction}>/a.wav</Play></Response>`);
    expect(behind.steps[0]).not.toHaveProperty('onFailed');
    expect(behind.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('errorAction')]);
  });

  it('accounts for prompts and digits', () => {
    const { accounting } = parse(
      `<Response><Say voice="man">x</Say><Play loop="2" digits="1">/a.wav</Play><Play><File>${SID}</File></Play><Dtmf>1</Dtmf></Response>`,
    );
    const written = accounting.filter(({ line }) => line !== undefined);
    expect(written.map(({ path, outcome }) => `${path} ${outcome}`)).toEqual([
      '/Response/Say[1]/@voice exact',
      '/Response/Say[1]/text() exact',
      '/Response/Play[1]/@loop exact',
      '/Response/Play[1]/@digits exact',
      '/Response/Play[1]/text() exact',
      '/Response/Play[2]/File[1]/text() converted',
      '/Response/Dtmf[1]/text() exact',
    ]);
  });

  it('sends the application its own credentials at relative URLs only', () => {
    const application = applicationWith({ documentUrl: DOCUMENT_URL }, { documentUserinfo: 'app:pw' });
    const [relative, absolute] = parse(
      '<Response><Redirect>/a</Redirect><Redirect>https://app.example.com/b</Redirect></Response>',
      application,
    ).steps;
    expect(relative).toEqual(
      expect.objectContaining({ request: expect.objectContaining({ userinfo: { secret: 'documentUserinfo' } }) }),
    );
    expect(absolute).toEqual(expect.objectContaining({ request: expect.objectContaining({ userinfo: null }) }));
  });
});
