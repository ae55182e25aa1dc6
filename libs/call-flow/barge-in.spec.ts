import { describe, expect, it } from '@jest/globals';
import type { FlowStep } from '#libs/recording-model';
import { CallFlowRunner } from './call-flow-runner.js';
import type { FlowListener } from './flow-ports.js';

const at = { path: '' };

function speak(text: string, bargeIn?: string): FlowStep {
  const step = { at, kind: 'speak', text, language: null, voice: null, repeat: 1, pauseMs: 0 } as const;
  return bargeIn === undefined ? step : { ...step, bargeIn };
}

/** Runs the steps; every prompt takes a second. */
function runnerOf(...steps: FlowStep[]) {
  const told: string[] = [];
  const listener: FlowListener = {
    speak: (_handle, { text }) => {
      told.push(text);
      return 1000;
    },
    playMedia: () => 1000,
    cancelPlayback: () => void told.push('cut off'),
    sendDigits: (digits) => void told.push(`digits ${digits}`),
    startRecording: () => undefined,
    stopRecording: () => undefined,
    maskRecording: () => undefined,
    unmaskRecording: () => undefined,
    connect: () => undefined,
    disconnect: () => undefined,
    answer: () => undefined,
    replaceParty: () => undefined,
    deleteFile: () => undefined,
    fetch: () => undefined,
    hangup: () => void told.push('hang up'),
    warn: () => undefined,
    ended: () => undefined,
  };
  const runner = new CallFlowRunner(listener);
  runner.run({ steps: [...steps, { at, kind: 'hangup' }], accounting: [], warnings: [], flowState: {} }, null);
  return { runner, told };
}

describe('a key during a play (Aculab contract §1.8)', () => {
  it('cuts it off with all that belongs to it; the next step runs', () => {
    const digits: FlowStep = { at, kind: 'sendDigits', digits: '1', bargeIn: 'a' };
    const { runner, told } = runnerOf(speak('one', 'a'), digits, speak('two', 'a'), speak('three', 'b'));
    runner.advance(400);
    expect(runner.listensForKeys).toBe(true);
    runner.key('5', 'caller');
    expect(told).toEqual(['one', 'cut off', 'three']);
    runner.advance(1500);
    expect(told).toEqual(['one', 'cut off', 'three', 'hang up']);
  });

  it('has no effect on a play that keys do not interrupt', () => {
    const { runner, told } = runnerOf(speak('one'), speak('two', 'a'));
    runner.advance(400);
    expect(runner.listensForKeys).toBe(false);
    runner.key('5', 'caller');
    expect(told).toEqual(['one']);
    runner.advance(1000);
    expect(told).toEqual(['one', 'two']);
  });
});

describe('a key typed ahead', () => {
  const collect = (maxDigits: number): FlowStep => {
    return { at, kind: 'collectDigits', prompts: [speak('prompt')], maxDigits, finishKeys: '#', timeoutMs: 5000, next: null, nextWhenEmpty: false };
  };

  it('goes to the collection right behind the play that it cut off, and to no other', () => {
    const { runner, told } = runnerOf(speak('play', 'a'), collect(1), speak('after'));
    runner.key('5', 'caller');
    expect(told).toEqual(['play', 'cut off', 'prompt', 'cut off', 'after']);
    const later = runnerOf(speak('play', 'a'), speak('between', 'b'), collect(1), speak('after'));
    later.runner.key('5', 'caller');
    later.runner.advance(1000);
    expect(later.told).toEqual(['play', 'cut off', 'between', 'prompt']);
  });
});
