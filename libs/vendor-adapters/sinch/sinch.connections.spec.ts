import { describe, expect, it } from '@jest/globals';
import type { ConnectAction, FlowContext, JsonObject } from '#libs/recording-model';
import { sinchAdapter } from './sinch.adapter.js';
import { readSinchParticipantCommand } from './sinch.callback-urls.js';
import { FIXTURE_CALL, fixtureApplication, fixtureContext, sinchDocument } from './sinch.fixtures.js';

function connect(action: object, vendor: JsonObject = {}) {
  const context = fixtureContext(fixtureApplication(), { ...FIXTURE_CALL, vendor });
  const parsed = sinchAdapter.parse(sinchDocument(JSON.stringify({ action }), 'ice'), context);
  const step = parsed.steps.find((each): each is ConnectAction & typeof each => each.kind === 'connect');
  if (step === undefined) throw new Error('no connection');
  const outcome = (path: string) => parsed.accounting.find((entry) => entry.path === path)?.outcome;
  return { step, outcome, flowState: parsed.flowState };
}

const ROOM = { name: 'connectConf', conferenceId: 'a/b' };

describe('connectPstn', () => {
  it('takes over how long the party rings and what it hears of keys; its end is the end of the call', () => {
    const { step, outcome } = connect({ name: 'connectPstn', number: '+46700000000', dialTimeout: 20, dtmf: 'ww12#' });
    expect(step.rules).toEqual({ endsCall: true, ringMs: 20_000, digits: 'ww12#' });
    expect([outcome('/action/dialTimeout'), outcome('/action/dtmf')]).toEqual(['exact', 'exact']);
    expect(connect({ name: 'connectSip', destination: { endpoint: 'a@b' } }).step.rules).toEqual({ endsCall: true });
  });

  it('refuses digits that are none', () => {
    expect(() => connect({ name: 'connectPstn', number: '+4', dtmf: 'abc' })).toThrow('dtmf must be of 0-9 * # w');
  });
});

describe('connectConf', () => {
  it.each([
    [{ mode: 'ignore' }, undefined],
    [{}, undefined],
    [{ mode: 'FORWARD' }, { kind: 'forward' }],
    [{ mode: 'detect' }, { kind: 'tell', maxDigits: 1, timeoutMs: 3000 }],
    [[{ mode: 'detect', maxDigits: 4, timeoutMills: 500 }], { kind: 'tell', maxDigits: 4, timeoutMs: 500 }],
  ])('reads conferenceDtmfOptions %j', (conferenceDtmfOptions, keys) => {
    const { rules } = connect({ ...ROOM, conferenceDtmfOptions }).step;
    if (keys === undefined) expect(rules).toEqual({ endsCall: true });
    else expect(rules?.keys).toMatchObject(keys);
  });

  it('tells no keys of a callout that did not enable PIE', () => {
    const { rules } = connect({ ...ROOM, conferenceDtmfOptions: { mode: 'detect' } }, { enablePie: false }).step;
    expect(rules).toEqual({ endsCall: true });
  });

  it.each([
    ['music2', 'music2', 'exact'],
    ['RING', 'ring', 'exact'],
    ['whale song', undefined, 'dropped'],
  ])('reads moh %s', (moh, music, fate) => {
    const { step, outcome } = connect({ ...ROOM, moh });
    expect([step.rules?.music, outcome('/action/moh')]).toEqual([music, fate]);
  });

  it('sends keys as PIE whose menu has the name of the conference', () => {
    const { step, flowState } = connect({ ...ROOM, conferenceDtmfOptions: { mode: 'detect' } });
    const keys = step.rules?.keys;
    if (keys?.kind !== 'tell') throw new Error('no keys are told');
    const context: FlowContext = {
      application: fixtureApplication(),
      call: FIXTURE_CALL,
      callState: 'bridged',
      callDurationMs: 5000,
      answered: true,
      hangupBy: null,
      documentUrl: null,
      flowState,
      recording: null,
      collected: { digits: '12', finishKey: null },
      error: null,
      now: new Date('2024-06-06T17:20:14.123Z'),
    };
    const { url, body } = sinchAdapter.renderFlowRequest(keys.request, context);
    expect([url, body]).toEqual([
      'https://app.example.com/sinch/callback/ace?tenant=7',
      '{"event":"pie","callid":"1ce0ffee-ca11-ca11-ca11-abcdef000053","timestamp":"2024-06-06T17:20:14Z",' +
        '"menuResult":{"type":"sequence","value":"12","menuId":"a/b","inputMethod":"dtmf"},"version":1,"custom":"",' +
        '"applicationKey":"669E367E-6BBA-48AB-AF15-266871C28135"}',
    ]);
  });
});

describe('commands for participants', () => {
  it.each([
    [{ command: 'Mute' }, { action: 'mute' }],
    [{ command: 'unmute', moh: 'music1' }, { action: 'unmute' }],
    [{ command: 'onhold' }, { action: 'hold' }],
    [
      { command: 'onhold', moh: 'music3' },
      { action: 'hold', music: 'music3' },
    ],
    [{ command: 'onhold', moh: 'unknown' }, { action: 'hold' }],
    [{ command: 'resume' }, { action: 'resume' }],
  ])('%j', (body, command) => {
    expect(readSinchParticipantCommand(JSON.stringify(body))).toEqual(command);
  });
});
