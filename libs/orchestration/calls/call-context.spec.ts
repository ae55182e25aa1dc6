import { describe, expect, it } from '@jest/globals';
import { isToldOfEnd, type CallContext } from './call-context.js';

const opened = (byStream: { readonly namesCall: boolean } | null) => ({ live: { byStream } }) as CallContext;
const ANSWERED = '2026-11-21T12:00:00.000Z';

describe('the end of a call', () => {
  it('is not told of a stream that was refused before its flow began', () => {
    expect(isToldOfEnd(opened({ namesCall: true }), null)).toBe(false);
    expect(isToldOfEnd(opened({ namesCall: true }), ANSWERED)).toBe(true);
  });

  it('is told of every other call, also when nobody answered', () => {
    expect([isToldOfEnd(opened(null), null), isToldOfEnd(opened(null), ANSWERED)]).toEqual([true, true]);
  });
});
