import { describe, expect, it } from '@jest/globals';
import { FlowClock } from './flow-clock.js';

/** How many requests a flow may make whose documents follow one another every so many ms; at most `most` are tried. */
function requestsEvery(ms: number, most = 200): number {
  const clock = new FlowClock();
  let made = 0;
  while (made < most && clock.mayAsk()) {
    made += 1;
    clock.passTo(made * ms);
  }
  return made;
}

describe('requests of a flow', () => {
  it('are bounded where documents lead to each other, however long each answer takes within half a second', () => {
    expect([0, 1, 20, 499].map((ms) => requestsEvery(ms))).toEqual([30, 30, 30, 30]);
  });

  it('are not bounded where something is heard or waited for between them', () => {
    expect([500, 1000].map((ms) => requestsEvery(ms))).toEqual([200, 200]);
  });
});
