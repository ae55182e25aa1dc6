import { describe, expect, it } from '@jest/globals';
import { RecgateError, type FlowAction } from '#libs/recording-model';
import { documentOf, record, say, startFlow, step } from './spec-support/flow-run.js';

function branch(id: string, ...otherwise: readonly FlowAction[]): FlowAction {
  const to = { by: 'id', collection: 'callflows', id, role: 'saved' } as const;
  return { kind: 'branch', to, otherwise: otherwise.map((action) => step(action)) };
}

const missing = new RecgateError('request.not_found', 'There is none');

describe('a branch to a stored document', () => {
  it('runs before the rest of the list', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(branch('b'), { kind: 'hangup' }), null);
    runner.requestAnswered(documentOf({ kind: 'answer' }));
    expect(log).toEqual(['fetch branch branch', 'answer', 'hangup hangupStep', 'ended hangupStep']);
  });

  it('that is not there gives way to what stands in its place, and the list goes on', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(branch('b', { kind: 'answer' }), { kind: 'hangup' }), null);
    runner.requestFailed(missing);
    expect(log).toEqual(['fetch branch branch', 'warn /0 There is none', 'answer', 'hangup hangupStep', 'ended hangupStep']);
  });

  it('with nothing behind it takes the place of the list', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(branch('b')), null);
    runner.requestAnswered(documentOf({ kind: 'answer' }));
    expect(log).toEqual(['fetch branch branch', 'answer', 'hangup completed', 'ended completed']);
  });

  it('is not wanted any more when another document takes over', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(branch('b')), null);
    runner.run(documentOf({ kind: 'park', maxDurationMs: null }), null);
    runner.requestAnswered(documentOf({ kind: 'answer' }));
    expect(log).toEqual(['fetch branch branch']);
  });

  it('ends the call after fifty of them, however slowly they run in circles', () => {
    const { runner, log, to } = startFlow();
    runner.run(documentOf(branch('a')), null);
    for (let count = 1; count <= 50; count += 1) {
      runner.requestAnswered(documentOf({ kind: 'wait', durationMs: 100 }, branch('a')));
      to(count * 100);
    }
    expect(log.filter((wish) => wish === 'fetch branch branch').length).toBe(50);
    expect(log.slice(-2)).toEqual(['hangup requestFailed', 'ended requestFailed document.forbidden']);
  });
});

describe('breaking off', () => {
  it('what is played: the next step runs', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(say('aaaa'), say('bbbb')), null);
    runner.breakOff();
    expect(log).toEqual(['speak 1 aaaa', 'cancel 1', 'speak 2 bbbb']);
  });

  it('a pause and a blocking recording, which is stopped and waited for', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf({ kind: 'wait', durationMs: 60_000 }, record('blocking'), say('bbbb')), null);
    runner.breakOff();
    runner.breakOff();
    expect(log).toEqual(['record 1 blocking', 'stop latest 1']);
    runner.recordingSettled(1, { state: 'captured', recording: null });
    expect(log.at(-1)).toBe('speak 1 bbbb');
  });

  it('leaves connections and parked calls alone', () => {
    for (const action of [
      { kind: 'connect', to: 'user', conference: false, maxDurationMs: null, next: null },
      { kind: 'park', maxDurationMs: null },
    ] as const) {
      const { runner, log } = startFlow();
      runner.run(documentOf(action, say('never')), null);
      runner.breakOff();
      expect(log.filter((wish) => wish.startsWith('speak'))).toEqual([]);
    }
  });
});
