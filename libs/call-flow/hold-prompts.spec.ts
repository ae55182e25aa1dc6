import { describe, expect, it } from '@jest/globals';
import type { FlowAction } from '#libs/recording-model';
import { documentOf, request, say, startFlow, step } from './spec-support/flow-run.js';

const park = (maxDurationMs: number | null, ...prompts: readonly FlowAction[]): FlowAction => ({
  kind: 'park',
  maxDurationMs,
  prompts: prompts.map((prompt) => step(prompt)),
});

describe('prompts while a call is parked', () => {
  it('are heard over and over until its time is up', () => {
    const { runner, log, to } = startFlow();
    runner.run(documentOf(park(5000, say('one two three'), say('four'))), null);
    to(4900);
    const spoken = log.filter((wish) => wish.includes('one two three')).length;
    expect(spoken).toBeGreaterThan(1);
    to(60_000);
    expect(log.filter((wish) => /hangup|ended/.test(wish)).length).toBeGreaterThan(0);
    expect(runner.over).toBe(true);
  });

  it('stop when the call goes on elsewhere', () => {
    const { runner, log, to } = startFlow();
    runner.run(documentOf(park(null, say('one'))), null);
    to(1000);
    runner.run(documentOf({ kind: 'wait', durationMs: 60_000 }), null);
    const before = log.length;
    to(20_000);
    expect(log.slice(before).filter((wish) => wish.includes('one'))).toEqual([]);
  });

  it('that cannot be heard are not asked for again and again', () => {
    const { runner, log, to } = startFlow({ mediaMs: 0 });
    runner.run(documentOf(park(null, { kind: 'playMedia', url: 'https://a.example/x', repeat: 1, background: false })), null);
    to(10_000);
    expect(log.filter((wish) => wish.includes('https://a.example/x'))).toHaveLength(1);
    expect(runner.parked).toBe(true);
  });
});

describe('a menu whose prompt may not be cut short', () => {
  it('passes over keys that come too early', () => {
    const { runner, log, to } = startFlow();
    const prompts = [step(say('press one or two, whichever you like best'))];
    const collect = { kind: 'collectDigits', prompts, keysInterrupt: false, maxDigits: 1, finishKeys: '', timeoutMs: 5000, next: request('pie'), nextWhenEmpty: true } as const;
    runner.run(documentOf(collect), null);
    to(200);
    runner.key('1', 'caller');
    expect(log.some((wish) => wish.includes('pie'))).toBe(false);
    to(4000);
    runner.key('2', 'caller');
    expect(log.some((wish) => wish.includes('pie'))).toBe(true);
  });
});
