import { expect, it } from '@jest/globals';
import { documentOf, request, say, startFlow, step } from './spec-support/flow-run.js';

const audio = (url: string, more: object = {}) => ({ kind: 'playMedia', url, repeat: 2, background: false, ...more }) as const;
const onFailed = request('errorAction');
const collect = {
  kind: 'collectDigits',
  maxDigits: 1,
  finishKeys: '',
  timeoutMs: 2000,
  next: request('gather'),
  nextWhenEmpty: true,
} as const;

it('audio that cannot be had leads to its own document; nothing behind it runs', () => {
  const { runner, log } = startFlow();
  runner.run(documentOf(audio('a.wav', { onFailed }), say('never'), { kind: 'fetch', request: request('action') }), null);
  runner.playbackEnded(1, true);
  runner.requestAnswered(documentOf(say('sorry')));
  expect(log).toEqual(['play 1 a.wav', 'fetch errorAction step', 'speak 2 sorry']);
});

it('without one it is passed over, and so is a failure of an earlier pass', () => {
  const { runner, log } = startFlow();
  runner.run(documentOf(audio('a.wav'), say('next')), null);
  runner.playbackEnded(7, true);
  runner.playbackEnded(1, true);
  runner.playbackEnded(2, true);
  expect(log).toEqual(['play 1 a.wav', 'play 2 a.wav', 'speak 3 next']);
});

it('audio that is had plays on', () => {
  const { runner, log } = startFlow();
  runner.run(documentOf(audio('a.wav', { onFailed }), say('next')), null);
  runner.playbackEnded(1);
  runner.playbackEnded(2);
  expect(log).toEqual(['play 1 a.wav', 'play 2 a.wav', 'speak 3 next']);
});

it('a prompt of collected digits that cannot be had leads away from them when nothing was pressed', () => {
  const { runner, log, to } = startFlow();
  runner.run(documentOf({ ...collect, prompts: [step(audio('a.wav', { onFailed }))] }), null);
  runner.playbackEnded(1, true);
  to(2000);
  expect(log).toEqual(['play 1 a.wav', '-- by 2000', 'fetch errorAction step']);
});
