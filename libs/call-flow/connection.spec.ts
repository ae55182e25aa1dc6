import { expect, it } from '@jest/globals';
import type { ConnectAction } from '#libs/recording-model';
import { Connection } from './connection.js';

const step: ConnectAction = {
  kind: 'connect',
  to: '1',
  conference: false,
  maxDurationMs: 60_000,
  next: null,
  rules: { answerMs: 5000 },
};

it('ends after the time to answer, or after its own time from the answer on', () => {
  const connection = new Connection(step, 1000);
  expect([connection.until, connection.connectedMs(6000)]).toEqual([6000, 0]);
  connection.legAnswered(3000);
  expect([connection.until, connection.connectedMs(10_500)]).toEqual([63_000, 7500]);
});

it('in a conference there is nobody who would have to answer', () => {
  expect(new Connection({ ...step, conference: true, maxDurationMs: null }, 0).until).toBeNull();
});
