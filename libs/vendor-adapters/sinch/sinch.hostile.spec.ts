import { describe, expect, it } from '@jest/globals';
import { RecgateError, type DocumentRole, type FlowAction } from '#libs/recording-model';
import { sinchAdapter } from './sinch.adapter.js';
import { readSinchCallout } from './sinch.callout.js';
import { fixtureContext, sinchDocument } from './sinch.fixtures.js';

const HANGUP = { name: 'hangup' };

function parse(svaml: object, role: DocumentRole = 'ice') {
  return sinchAdapter.parse(sinchDocument(JSON.stringify(svaml), role), fixtureContext());
}

function codeOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (thrown) {
    return thrown instanceof RecgateError ? `${thrown.code} ${thrown.field}` : String(thrown);
  }
}

describe('SVAML that is out to do harm', () => {
  it('is read in a time that grows with its size: what would be searched again and again is not', () => {
    const megabyte = 'a'.repeat(900_000);
    const { accounting } = parse({ action: HANGUP, unknown: megabyte });
    expect(accounting.find(({ path }) => path === '/unknown')?.outcome).toBe('unknown');
    const menus = Array.from({ length: 1500 }, (_each, at) => ({ id: `m${at}` }));
    const options = Array.from({ length: 5000 }, (_each, at) => ({ dtmf: `${at}`, action: 'menu(none)' }));
    expect(parse({ action: { name: 'runMenu', menus: [{ id: 'main', options }, ...menus] } }).steps).toHaveLength(1);
  });

  it.each([
    ['text', { instructions: [{ name: 'say', text: 'a'.repeat(900_000) }], action: HANGUP }],
    ['ids', { instructions: [{ name: 'playFiles', ids: [`#ssml[${'<'.repeat(900_000)}]`] }], action: HANGUP }],
    ['value', { instructions: [{ name: 'sendDtmf', value: '1'.repeat(257) }], action: HANGUP }],
    ['number', { action: { name: 'connectPstn', number: '1'.repeat(257) } }],
    ['endpoint', { action: { name: 'connectSip', destination: { endpoint: 'a'.repeat(257) } } }],
    ['conferenceId', { action: { name: 'connectConf', conferenceId: 'a'.repeat(129) } }],
    ['introPrompt', { action: { name: 'park', introPrompt: '#tts[;'.repeat(100_000) } }],
    ['mainPrompt', { action: { name: 'runMenu', menus: [{ id: 'main', mainPrompt: '#tts[;'.repeat(100_000) }] } }],
  ])('is refused for the size of its %s', (field, svaml) => {
    expect(codeOf(() => parse(svaml))).toBe(`field.invalid ${field}`);
  });

  it('is refused in callouts as well', () => {
    const destination = { type: 'number', endpoint: '+46700000000' };
    const read = (fields: object) =>
      codeOf(() => readSinchCallout(JSON.stringify({ method: 'ttsCallout', ttsCallout: { destination, ...fields } })));
    expect(read({ prompts: '#tts[;'.repeat(100_000) })).toBe('field.invalid prompts');
    expect(read({ text: 'a'.repeat(100_000) })).toBe('field.invalid text');
    expect(read({ prompts: '#tts[a;b];#href[https://a.example/x.mp3]' })).toBeNull();
  });

  it('fills no more than 1024 bytes with cookies, over all documents of a call', () => {
    const cookie = (key: string, size: number) => ({ name: 'setCookie', key, value: 'v'.repeat(size) });
    const read = (flowState: object, ...instructions: object[]) =>
      sinchAdapter.parse(sinchDocument(JSON.stringify({ instructions, action: HANGUP }), 'ice'), {
        ...fixtureContext(),
        flowState: { ...flowState },
      });
    const first = read({}, cookie('a', 500), cookie('b', 500), cookie('c', 500));
    expect(Object.keys(first.flowState)).toEqual(['cookie:a', 'cookie:b']);
    expect(first.steps.map(({ kind }) => kind)).toEqual(['skipped', 'hangup']);
    const second = read(first.flowState, cookie('d', 30), cookie('a', 10), cookie('d', 400));
    expect(Object.keys(second.flowState)).toEqual(['cookie:a', 'cookie:d']);
  });
});

describe('prompts between semicolons', () => {
  const spoken = (steps: readonly FlowAction[]) =>
    steps.map((step) => (step.kind === 'speak' ? step.text : step.kind === 'playMedia' ? step.url : step.kind));

  it('are played one after the other in menus and in front of parking', () => {
    const mainPrompt = '#tts[Hello; you];https://app.example.com/a.wav; #ssml[<speak>Tom &amp; Ann</speak>]';
    const [menu] = parse({ action: { name: 'runMenu', menus: [{ id: 'main', mainPrompt }] } }).steps;
    const heard = ['Hello; you', 'https://app.example.com/a.wav', 'Tom & Ann'];
    expect(menu?.kind === 'collectDigits' && spoken(menu.prompts)).toEqual(heard);
    const parked = parse({ action: { name: 'park', introPrompt: mainPrompt } });
    expect(spoken(parked.steps)).toEqual([...heard, 'park']);
    expect(parked.accounting.find(({ path }) => path === '/action/introPrompt')?.outcome).toBe('emulated');
  });
});
