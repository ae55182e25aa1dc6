import { expect, it } from '@jest/globals';
import { documentOf, request, startFlow } from './spec-support/flow-run.js';

const collect = {
  kind: 'collectDigits',
  prompts: [],
  maxDigits: 3,
  finishKeys: '#',
  validKeys: '12',
  timeoutMs: 2000,
  next: request('gather'),
  nextWhenEmpty: false,
} as const;

it('passes over keys that do not count, but not the finish key', () => {
  const { runner, log } = startFlow();
  runner.run(documentOf(collect), null);
  for (const key of '9182*#') runner.key(key, 'caller');
  expect(log).toEqual(['fetch gather digitsCollected 12/#']);
});

it('keys that do not count do not prolong the wait', () => {
  const { runner, log, to } = startFlow();
  runner.run(documentOf(collect), null);
  to(1500);
  runner.key('9', 'caller');
  to(2000);
  expect(log).toEqual(['-- by 2000', 'hangup completed', 'ended completed']);
});
/** Messages of one second each (Aculab contract §7). */
function patient(change: object = {}) {
  const message = (name: string) => [{ at: { path: '' }, kind: 'playMedia', url: name, repeat: 1, background: false }] as const;
  const messages = { onTimeout: [message('late 1'), message('late 2')], onInvalid: [message('wrong 1')] };
  const run = startFlow({ mediaMs: 1000 });
  run.runner.run(documentOf({ ...collect, prompts: message('prompt'), helpKey: '*', ...messages, ...change }), null);
  const heard = (): readonly string[] => run.log.filter((line) => !line.startsWith('--')).map((line) => line.replace(/^play \d+ /, ''));
  return { ...run, heard };
}

it('tells whoever presses nothing, plays the prompts anew each time, and ends with nothing', () => {
  const { to, heard } = patient();
  to(3000);
  expect(heard()).toEqual(['prompt', 'late 1']);
  to(12_000);
  expect(heard()).toEqual(['prompt', 'late 1', 'prompt', 'late 2', 'prompt', 'hangup completed', 'ended completed']);
});

it('tells of a key that does not count, and forgets what was pressed; so does the help key', () => {
  const { runner, to, heard } = patient();
  to(1100);
  for (const key of '19') runner.key(key, 'caller');
  to(3200);
  expect(heard()).toEqual(['prompt', 'wrong 1', 'prompt']);
  for (const key of '1*') runner.key(key, 'caller');
  to(4500);
  for (const key of '22#') runner.key(key, 'caller');
  expect(heard()).toEqual(['prompt', 'wrong 1', 'prompt', 'prompt', 'fetch gather digitsCollected 22/#']);
});

it('ends with nothing after one wrong key too many', () => {
  const { runner, heard } = patient();
  for (const key of '1989') runner.key(key, 'caller');
  expect(heard().slice(-2)).toEqual(['hangup completed', 'ended completed']);
});

it('waits for the first key, for each other and for all of them as it is told', () => {
  const times = { onTimeout: [], firstTimeoutMs: 4000, timeoutMs: 1000, totalTimeoutMs: 4500, maxDigits: null };
  const all = patient(times);
  all.to(4900);
  all.runner.key('1', 'caller');
  all.to(5500);
  expect(all.heard()).toEqual(['prompt', 'fetch gather digitsCollected 1/null']);
  const each = patient(times);
  each.to(1500);
  each.runner.key('1', 'caller');
  each.to(2500);
  expect(each.heard().at(-1)).toBe('fetch gather digitsCollected 1/null');
  const first = patient(times);
  first.to(5000);
  expect(first.heard().at(-1)).toBe('ended completed');
});
