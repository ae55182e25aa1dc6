import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CALLEE_HZ, CALLER_HZ, channelOf, writeWav } from './testing/audio.js';
import { SimulateRunner, temporaryDirectory } from './testing/run.js';

const directory = temporaryDirectory();
const runner = new SimulateRunner(directory);
const tone = writeWav(join(directory, 'tone.wav'), channelOf({ hz: CALLER_HZ, s: 10 }));
const both = writeWav(
  join(directory, 'both.wav'),
  channelOf({ hz: CALLER_HZ, s: 4 }),
  channelOf({ hz: CALLEE_HZ, s: 4 }),
);

const record = (attributes: string): string =>
  `<Response><Record playBeep="false" trim="do-not-trim" ${attributes}/></Response>`;

describe('simulate: applications that answer wrongly', () => {
  it('Sinch: an answer to ACE that is not valid brings a callingerror where it is asked for', async () => {
    const ace = runner.file('no-options.json', '{"action":{"name":"continue","record":true}}');
    const set = ['callbackUrl=https://app.example.com/callback', 'sendCallingError=true'];
    const respond = [`https://app.example.com/callback=${ace}`];
    const document = '{"action":{"name":"connectPstn","number":"+12025550199"}}';
    const { of } = await runner.run('sinch', document, { audio: both, bridgeAt: '1', set, respond });
    const told = of('request').map(({ body }) => JSON.parse(body ?? '') as Record<string, unknown>);
    expect(told.map(({ event }) => event)).toEqual(['ace', 'notify', 'dice']);
    expect(told[1]).toMatchObject({ type: 'callingerror', errorCode: 40001 });
    expect(told[2]).toMatchObject({ reason: 'CALLERHANGUP' });
  });

  it('a document that asks for hundreds of recordings at once gets as many as a call may have', async () => {
    const flexml = `<Response>${'<Record recordSession="true" maxLength="1"/>'.repeat(100)}<Pause length="2"/></Response>`;
    const { of } = await runner.run('flexml', flexml, { audio: tone });
    const states = of('result').map(({ state }) => state);
    expect([states.length, states.filter((state) => state === 'available').length]).toEqual([100, 64]);
    expect(new Set(states)).toEqual(new Set(['available', 'failed']));
  });

  it.each([
    ['a page that is not there', undefined, 'CALLBACKERROR'],
    ['a page that is wrong', '{"action":{"name":"none"}}', 'INVALIDSVAMLACTION'],
  ])('the end of the call tells what broke the flow: %s', async (_name, page, reason) => {
    const xml = page === undefined ? [] : [`https://app.example.com/next=${runner.file('wrong.xml', '<Wrong/>')}`];
    const words = ['statusCallbackUrl=https://app.example.com/ended', 'callStatusWords=older'];
    const flexml = record('maxLength="1" action="/next"');
    const ended = await runner.run('flexml', flexml, { audio: tone, set: words, respond: xml });
    expect(JSON.parse(ended.of('request').at(-1)?.body ?? '')).toMatchObject({ CallStatus: 'app-error' });
    const json = page === undefined ? [] : [`https://app.example.com/cb=${runner.file('wrong.json', page)}`];
    const menu = '{"action":{"name":"runMenu","menus":[{"id":"main","mainPrompt":"#tts[x]"}]}}';
    const set = ['callbackUrl=https://app.example.com/cb'];
    const dice = await runner.run('sinch', menu, { audio: tone, dtmf: '1:1', set, respond: json });
    expect(JSON.parse(dice.of('request').at(-1)?.body ?? '')).toMatchObject({ event: 'dice', reason });
  });
});
