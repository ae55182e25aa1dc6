import { describe, expect, it } from '@jest/globals';
import type { CallRecord } from '#libs/recording-model';
import { renderSinchCallInfo } from './sinch.call-info.js';

const NOW = new Date('2026-11-21T12:01:00.000Z');

function ended(change: Partial<CallRecord>): CallRecord {
  return {
    callRef: 'call_1',
    tenantId: 'main',
    applicationId: 'app_1',
    vendor: 'sinch',
    nodeId: 'node-1',
    identity: { callId: 'c', from: '+12015555555', to: '+12017777777', direction: 'inbound', vendor: {} },
    state: 'ended',
    createdAt: '2026-11-21T12:00:00.000Z',
    answeredAt: '2026-11-21T12:00:00.000Z',
    endedAt: '2026-11-21T12:00:07.400Z',
    endedBy: 'gateway',
    media: {},
    warnings: [],
    ...change,
  };
}

describe('the call info of a call that is over says what DiCE said', () => {
  it('its length by its media, not by the time its application took for DiCE', () => {
    const info = renderSinchCallInfo(ended({ durationMs: 6980, endReason: 'flow' }), NOW);
    expect(info).toMatchObject({ duration: 7, status: 'FINAL', result: 'ANSWERED', reason: 'MANAGERHANGUP' });
  });

  it('a call was answered however short it was, and not when the party that it rang did not', () => {
    const short = renderSinchCallInfo(ended({ durationMs: 0, endReason: 'flow' }), NOW);
    expect(short).toMatchObject({ result: 'ANSWERED', reason: 'MANAGERHANGUP', duration: 0 });
    const missed = renderSinchCallInfo(ended({ durationMs: 900, endReason: 'noAnswer' }), NOW);
    expect(missed).toMatchObject({ result: 'NOANSWER', reason: 'TIMEOUT' });
    expect(missed).not.toHaveProperty('duration');
  });

  it.each([
    ['document.malformed', 'INVALIDSVAMLACTION'],
    ['outbound.failed', 'CALLBACKERROR'],
  ] as const)('a flow that %s broke has failed for that reason', (failure, reason) => {
    const info = renderSinchCallInfo(ended({ answeredAt: null, durationMs: 0, endReason: 'applicationFailed', failure }), NOW);
    expect(info).toMatchObject({ result: 'FAILED', reason });
  });

  it('a call whose length nobody has written down lasted until its end', () => {
    expect(renderSinchCallInfo(ended({ endReason: 'nodeLost' }), NOW)).toMatchObject({ duration: 8, reason: 'GENERALERROR' });
  });
});
