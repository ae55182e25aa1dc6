import { describe, expect, it } from '@jest/globals';
import { RecgateError, type CallIdentity, type JsonObject, type ParsedDocument } from '#libs/recording-model';
import { sinchAdapter } from './sinch.adapter.js';
import { readSinchCallout, type SinchCallout } from './sinch.callout.js';
import { FIXTURE_SECRETS, FIXTURE_SETTINGS, fixtureApplication, fixtureContext } from './sinch.fixtures.js';

const CALLBACKS = { url: FIXTURE_SETTINGS['callbackUrl'], fallbackUrl: FIXTURE_SETTINGS['fallbackUrl'] };
const START =
  '{"instructions":[{"name":"startRecording","options":{"destinationUrl":"s3://b/","credentials":"A:S:r"}}],"action":{"name":"connectPstn","number":"+46700000000"}}';
const DESTINATION = { type: 'number', endpoint: '+46700000000' };

const read = (method: string, fields: object): SinchCallout =>
  readSinchCallout(JSON.stringify({ method, [method]: fields }));

const identityOf = (callout: SinchCallout): CallIdentity => ({ ...callout.identity, callId: 'c-1' });

function begin(callout: SinchCallout, application = fixtureApplication()): ParsedDocument {
  const context = fixtureContext(application, identityOf(callout));
  return sinchAdapter.parse({ body: callout.document, role: 'ice', url: null }, context);
}

/** What follows when a later callback is answered. */
function answer(callout: SinchCallout, role: 'ace' | 'pie', body: string, flowState: JsonObject): ParsedDocument {
  const context = { ...fixtureContext(fixtureApplication(), identityOf(callout)), flowState };
  return sinchAdapter.parse({ body, role, url: 'https://app.example.com/' }, context);
}

const kinds = (document: ParsedDocument) => document.steps.map(({ kind }) => kind);
const CONTINUE = '{"action":{"name":"continue"}}';

describe('a custom callout (contract §3)', () => {
  it.each([
    ['as JSON-escaped text', START],
    ['as an object', JSON.parse(START) as object],
  ])('runs the ICE it brings along %s, from the beginning of the call', (_form, ice) => {
    const callout = read('customCallout', { cli: '+123', custom: 'c', ice });
    expect(callout).toMatchObject({
      identity: { from: '+123', to: '+46700000000', direction: 'inbound', vendor: { custom: 'c', domain: 'pstn' } },
      beginWhen: 'now',
    });
    const [record, connect] = begin(callout).steps;
    expect([record?.kind, connect]).toMatchObject([
      'record',
      { kind: 'connect', next: { purpose: 'ace', ...CALLBACKS } },
    ]);
  });

  it('answers ACE and PIE with what it brings along; nobody is asked', () => {
    const pie = '{"action":{"name":"hangup"}}';
    const callout = read('customCallout', { ice: START, ace: CONTINUE, pie, dice: '{}' });
    const document = begin(callout);
    const connect = document.steps.find((step) => step.kind === 'connect');
    const ace = { purpose: 'ace', knownAnswer: { document: CONTINUE, when: 'always' } };
    expect(connect).toMatchObject({ next: ace });
    const menu = '{"action":{"name":"runMenu","menus":[{"id":"main","mainPrompt":"#tts[Press]"}]}}';
    const { steps } = answer(callout, 'ace', menu, document.flowState);
    expect(steps).toMatchObject([{ kind: 'collectDigits', next: { knownAnswer: { document: pie, when: 'always' } } }]);
    expect(sinchAdapter.lastRequests(fixtureApplication(), identityOf(callout), document.flowState)).toEqual([]);
  });

  it('asks at the URLs that it names', () => {
    const callout = read('customCallout', { ice: 'https://app.example/ice', ace: ' https://user:pw@app.example/ace' });
    const document = begin(callout, fixtureApplication({}, FIXTURE_SECRETS));
    expect(document.steps).toMatchObject([
      { kind: 'fetch', request: { purpose: 'ice', url: 'https://app.example/ice' } },
    ]);
    const context = { ...fixtureContext(fixtureApplication(), identityOf(callout)), flowState: document.flowState };
    const ice = sinchAdapter.parse({ body: START, role: 'ice', url: null }, context);
    expect(ice.steps[1]).toMatchObject({ next: { purpose: 'ace', url: 'https://app.example/ace' } });
  });

  it('without ICE asks at the callback URL, and is refused without one', () => {
    const callout = read('customCallout', { destination: DESTINATION });
    expect(begin(callout).steps).toMatchObject([{ kind: 'fetch', request: { purpose: 'ice', ...CALLBACKS } }]);
    expect(() => begin(callout, fixtureApplication({}, FIXTURE_SECRETS))).toThrow('ice or a callback URL is required');
  });

  it('says in which field SVAML cannot be read', () => {
    expect(() => read('customCallout', { ice: '{"action":' })).toThrow(/^ice: Invalid JSON at line 1, column 11/);
  });

  it('is refused for an address of no kind', () => {
    const destination = { type: 'Carrier-Pigeon', endpoint: '+1' };
    expect(() => read('ttsCallout', { destination, text: 'x' })).toThrow('type must be number, username');
    expect(read('ttsCallout', { destination: { type: 'Number', endpoint: '+1' }, text: 'x' }).identity.to).toBe('+1');
  });

  it('limits connections that name no time of their own', () => {
    const [, connect] = begin(read('customCallout', { ice: START, maxDuration: 90 })).steps;
    expect(connect).toMatchObject({ kind: 'connect', maxDurationMs: 90_000 });
  });

  it('hides the credentials of what it brings along from the accounting', () => {
    const { accounting } = begin(read('customCallout', { ice: START, ace: START }));
    expect(JSON.stringify(accounting)).not.toContain('A:S:r');
  });
});

describe('callouts that speak or join a conference (contract §3)', () => {
  it('speaks when the call is answered, then hangs up', () => {
    const callout = read('ttsCallout', { destination: DESTINATION, text: 'Hello', locale: 'en-US', dtmf: 'ww12#' });
    expect(callout.beginWhen).toBe('answered');
    expect(callout.identity).toMatchObject({ to: '+46700000000', vendor: { to: DESTINATION } });
    expect(begin(callout).steps).toMatchObject([
      { kind: 'sendDigits', digits: 'ww12#' },
      { kind: 'speak', text: 'Hello', language: 'en-US' },
      { kind: 'hangup' },
    ]);
  });

  it('takes prompts one by one; a semicolon within brackets parts nothing', () => {
    const prompts = '#tts[Hello; you]; #ssml[<speak>x</speak>] ;https://media.example/a.wav';
    const callout = read('ttsCallout', { destination: DESTINATION, prompts });
    expect(begin(callout).steps).toMatchObject([
      { kind: 'speak', text: 'Hello; you' },
      { kind: 'speak' },
      { kind: 'playMedia', url: 'https://media.example/a.wav' },
      { kind: 'hangup' },
    ]);
  });

  it('joins the conference after the greeting', () => {
    const callout = read('conferenceCallout', {
      destination: DESTINATION,
      conferenceId: 'my conf/é',
      greeting: 'Welcome',
      mohClass: 'music1',
      maxDuration: 60,
    });
    expect(begin(callout).steps).toMatchObject([
      { kind: 'speak', text: 'Welcome' },
      { kind: 'connect', conference: true, to: 'my conf/é', maxDurationMs: 60_000 },
    ]);
  });

  it('sends no ACE, PIE or DiCE unless they are enabled', () => {
    const quiet = identityOf(read('ttsCallout', { destination: DESTINATION, text: 'x' }));
    expect(quiet.vendor).toMatchObject({ enableAce: false, enableDice: false, enablePie: false });
    expect(sinchAdapter.lastRequests(fixtureApplication(), quiet, {})).toEqual([]);
    const loud = identityOf(read('ttsCallout', { destination: DESTINATION, text: 'x', enabledice: 'true' }));
    expect(sinchAdapter.lastRequests(fixtureApplication(), loud, {})).toMatchObject([{ purpose: 'dice' }]);
  });

  it('asks ACE first where that is enabled; continue, or no answer, lets it go on', () => {
    const callout = read('conferenceCallout', { destination: DESTINATION, conferenceId: 'c', enableAce: true });
    const document = begin(callout);
    const knownAnswer = { document: CONTINUE, when: 'unanswered' };
    expect(document.steps).toMatchObject([{ kind: 'fetch', request: { purpose: 'ace', ...CALLBACKS, knownAnswer } }]);
    const goesOn = answer(callout, 'ace', CONTINUE, document.flowState);
    expect(goesOn.steps).toMatchObject([{ kind: 'connect', conference: true, to: 'c' }]);
    const again = answer(callout, 'ace', CONTINUE, { ...document.flowState, ...goesOn.flowState });
    expect(again.steps).toEqual([]);
    expect(kinds(answer(callout, 'ace', '{"action":{"name":"hangup"}}', document.flowState))).toEqual(['hangup']);
  });

  it('tells an ACE that is answered with nothing from one that is answered with illegal SVAML', () => {
    const parse = (role: 'ice' | 'ace') => () => sinchAdapter.parse({ body: ' ', role, url: null }, fixtureContext());
    expect(parse('ace')).toThrow('ACE was answered with nothing');
    expect(parse('ice')).toThrow('JSON');
  });

  it('asks no ACE of apps', () => {
    const app = { type: 'username', endpoint: 'ann' };
    const callout = read('conferenceCallout', {
      destination: app,
      conferenceId: 'c',
      enableAce: true,
      enableDice: true,
    });
    expect(callout.identity.vendor).toMatchObject({ domain: 'mxp', enableAce: false, enableDice: false });
    expect(kinds(begin(callout))).toEqual(['connect']);
  });
});

it.each([
  ['{', 'document.malformed'],
  ['[]', 'document.malformed'],
  ['{}', 'field.missing'],
  ['{"method":"customCallout"}', 'field.missing'],
  ['{"method":"smsCallout","smsCallout":{}}', 'field.invalid'],
  ['{"method":"customCallout","customCallout":{"ice":5}}', 'field.invalid'],
  ['{"method":"customCallout","customCallout":{"ice":"{"}}', 'document.malformed'],
  ['{"method":"customCallout","customCallout":{"ice":"[]"}}', 'field.invalid'],
  ['{"method":"ttsCallout","ttsCallout":{"text":"x"}}', 'field.missing'],
  ['{"method":"ttsCallout","ttsCallout":{"destination":{"endpoint":"1"}}}', 'field.missing'],
  ['{"method":"conferenceCallout","conferenceCallout":{"destination":{"endpoint":"1"}}}', 'field.missing'],
  [JSON.stringify({ method: 'customCallout', customCallout: { custom: 'é'.repeat(600) } }), 'field.invalid'],
  [JSON.stringify({ method: 'customCallout', customCallout: { cli: '1'.repeat(300) } }), 'field.invalid'],
])('refuses %s', (body, code) => {
  expect.assertions(2);
  try {
    readSinchCallout(body);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RecgateError);
    expect((thrown as RecgateError).code).toBe(code);
  }
});
