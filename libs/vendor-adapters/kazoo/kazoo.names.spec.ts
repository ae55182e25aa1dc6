import { describe, expect, it } from '@jest/globals';
import { PLAIN_RECORDING, type JsonObject, type ParseContext } from '#libs/recording-model';
import { SAMPLE_CALL, seededIdSource } from '#libs/testing';
import { kazooAdapter } from './index.js';

const application = { applicationId: 'app-1', tenantId: 'tenant-1', settings: {}, secrets: {} };

function context(second: number, flowState?: JsonObject, vendor: JsonObject = {}): ParseContext {
  const base = { application, call: { ...SAMPLE_CALL, vendor }, ids: seededIdSource(1), now: new Date(second * 1000) };
  return flowState === undefined ? base : { ...base, flowState };
}

function names(at: ParseContext): Readonly<Record<string, string>> {
  return kazooAdapter.mintNames({ ...at, spec: { ...PLAIN_RECORDING, vendor: 'kazoo' }, recordingId: 'rec-1' });
}

function stateAfter(at: ParseContext): JsonObject {
  const body = JSON.stringify({ module: 'record_call', data: {} });
  return kazooAdapter.parse({ body, role: 'flow', url: null }, at).flowState;
}

describe('the interaction id (contract §6)', () => {
  it('is that of the call: recordings that start at other times share it', () => {
    const state = stateAfter(context(100));
    const later = stateAfter(context(160, state));
    expect(later).toEqual(state);
    const [first, second] = [names(context(100, state)), names(context(160, later))];
    expect(second['interactionId']).toBe(first['interactionId']);
    expect(first['interactionId']).toMatch(/^62167219300-[0-9a-f]{8}$/);
    expect(second['recordingId']).toBeDefined();
  });

  it('is what the call says of itself, where it does', () => {
    const given = { interaction_id: '63931234567-9c1d2e3f' };
    const state = stateAfter(context(100, { interactionId: 'other' }, given));
    expect([state, names(context(160, {}, given))['interactionId']]).toEqual([
      { interactionId: '63931234567-9c1d2e3f' },
      '63931234567-9c1d2e3f',
    ]);
  });
});
