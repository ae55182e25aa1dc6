import { describe, expect, it } from '@jest/globals';
import type { FetchContext } from './index.js';
import type { RecordingView } from '#libs/recording-model';
import { ACULAB, documentOf, record, request, say, startFlow } from './spec-support/flow-run.js';

const view = { id: 'rec-1' } as RecordingView;

describe('an interruption (Aculab contract §6)', () => {
  it('cuts off a prompt and asks for the document that goes on', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(say('aaaa'), say('never')), null);
    expect(runner.interrupt(request('redirect'))).toBe('speak');
    runner.requestAnswered(documentOf(say('bbbb')));
    expect(log).toEqual(['speak 1 aaaa', 'cancel 1', 'fetch redirect interrupted', 'speak 2 bbbb']);
  });

  it('stops a blocking recording, whose continuation is not asked; the redirect hears of it', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(record('blocking', ACULAB), say('never')), null);
    expect(runner.interrupt(request('redirect'))).toBe('record');
    runner.recordingSettled(1, { state: 'captured', recording: view });
    expect(log).toEqual(['record 1 blocking', 'stop latest 1', 'fetch redirect interrupted rec-1']);
  });

  it('without a request ends flow and call', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf({ kind: 'park', maxDurationMs: null }), null);
    expect(runner.interrupt(null)).toBe('park');
    expect(log).toEqual(['hangup interrupted', 'ended interrupted']);
    expect(runner.over).toBe(true);
  });

  it('between two steps cuts off none; the answer that was waited for is passed over, whichever comes first', () => {
    const { runner, log } = startFlow();
    const other: FetchContext = { reason: 'step', recording: null, collected: null, documentUrl: null, answerIgnored: false };
    runner.run(documentOf({ kind: 'fetch', request: request('first') }), 'first');
    expect(runner.interrupt(request('redirect'))).toBeNull();
    // An answer to a request that was given up: its context is not the one that is waited for.
    expect(runner.awaits(other)).toBe(false);
    runner.requestAnswered(documentOf({ kind: 'hangup' }), other);
    runner.requestAnswered(documentOf(say('cccc')));
    expect(log).toEqual(['fetch first step', 'fetch redirect interrupted', 'speak 1 cccc']);
  });
});
