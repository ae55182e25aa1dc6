import { describe, expect, it } from '@jest/globals';
import type { ConnectAction, ConnectionDemands, FlowRequest } from '#libs/recording-model';
import { ConnectionRules } from './connection-rules.js';
import { holdMusic } from './hold-music.js';

const PIE: FlowRequest = { purpose: 'conference.pie', url: 'https://app.example.com', method: 'POST', userinfo: null };

function connecting(rules: ConnectionDemands, atMs = 0) {
  const done: string[] = [];
  const call = new ConnectionRules({
    nobodyAnswers: () => done.push('nobody answers'),
    sendDigits: (digits) => done.push(`digits ${digits}`),
    forwardKey: (key) => done.push(`forward ${key}`),
    tellKeys: (_request, digits) => done.push(`tell ${digits}`),
  });
  const step: ConnectAction = { kind: 'connect', to: 'x', conference: false, maxDurationMs: null, next: null, rules };
  call.begins(step, atMs);
  return { call, done };
}

describe('what is asked of a connection', () => {
  it('ends the call when nobody answers in time, and does not once somebody has', () => {
    const ringing = connecting({ ringMs: 5000 }, 1000);
    ringing.call.advanced(5999);
    expect(ringing.done).toEqual([]);
    ringing.call.advanced(6000);
    expect(ringing.done).toEqual(['nobody answers']);
    const answered = connecting({ ringMs: 5000, digits: 'w12#' });
    answered.call.connected();
    answered.call.connected();
    answered.call.advanced(60_000);
    expect(answered.done).toEqual(['digits w12#']);
  });

  it('knows which connection is the last thing of its call', () => {
    const { call } = connecting({ endsCall: true });
    call.over();
    expect(call.isOverForGood).toBe(false);
    const answered = connecting({ endsCall: true });
    answered.call.connected();
    answered.call.over();
    expect([answered.call.isOverForGood, answered.call.endsCall, answered.call.current]).toEqual([true, false, null]);
  });

  it('tells keys one by one, or gathered until there are enough, # or a pause; what is left at the end, too', () => {
    const each = connecting({ keys: { kind: 'tell', maxDigits: 1, timeoutMs: 3000, request: PIE } });
    each.call.key('1', 0);
    each.call.connected();
    for (const key of '2#') each.call.key(key, 10);
    expect(each.done).toEqual(['tell 2', 'tell #']);
    const { call, done } = connecting({ keys: { kind: 'tell', maxDigits: 3, timeoutMs: 3000, request: PIE } });
    call.connected();
    for (const key of '1234#') call.key(key, 100);
    expect(done).toEqual(['tell 123', 'tell 4']);
    call.key('5', 200);
    call.advanced(3199);
    expect(done).toHaveLength(2);
    call.advanced(3200);
    expect(done.slice(2)).toEqual(['tell 5']);
    call.key('#', 4000);
    call.key('6', 4100);
    call.over();
    call.key('7', 4200);
    expect(done.slice(3)).toEqual(['tell 6']);
  });

  it('passes keys on', () => {
    const { call, done } = connecting({ keys: { kind: 'forward' } });
    call.connected();
    call.key('1', 0);
    expect(done).toEqual(['forward 1']);
  });
});

describe('music for those who wait', () => {
  it.each(['ring', 'music1', 'music2', 'music3'] as const)('%s is heard and never loud', (name) => {
    const samples = holdMusic(name);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(peak).toBeGreaterThan(1000);
    expect(peak).toBeLessThan(8192);
    expect(samples.length).toBeGreaterThan(8000);
    expect(Math.abs(samples.at(-1) ?? 0)).toBeLessThan(100);
  });
});
