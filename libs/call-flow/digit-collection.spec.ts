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
