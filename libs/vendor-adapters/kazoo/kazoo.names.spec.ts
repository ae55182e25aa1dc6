import { describe, expect, it } from '@jest/globals';
import { PLAIN_RECORDING, type JsonObject, type ParseContext, type RecordingView } from '#libs/recording-model';
import { SAMPLE_CALL, seededIdSource } from '#libs/testing';
import { kazooAdapter, kazooRecordingDocument } from './index.js';

const application = { applicationId: 'app-1', tenantId: 'tenant-1', settings: {}, secrets: {} };

const RECORDING: RecordingView = {
  id: 'rec-1',
  vendor: 'kazoo',
  call: SAMPLE_CALL,
  documentUrl: null,
  spec: { ...PLAIN_RECORDING, vendor: 'kazoo' },
  names: {},
  createdAt: '2026-11-21T10:00:00.000Z',
  startedAt: null,
  callState: 'answered',
  callDurationMs: 0,
  capture: null,
  rendition: null,
  receipt: null,
  failure: null,
};

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

describe('what 5.x adds to the metadata (contract §2.4)', () => {
  const variables = { queue: 'sales', nested: { skill: 7 } };
  const specOf = (version: string, data: object) => {
    const at = { ...context(0), application: { ...application, settings: { version, storeRecordings: 'true' } } };
    const body = JSON.stringify({ module: 'record_call', data });
    const [step] = kazooAdapter.parse({ body, role: 'flow', url: null }, at).steps;
    return step?.kind === 'record' ? step.spec : PLAIN_RECORDING;
  };
  const documentOf = (version: string, data: object, vendor: JsonObject = {}) => {
    const spec = { ...PLAIN_RECORDING, ...specOf(version, data), vendor: 'kazoo' as const };
    const recording = { ...RECORDING, call: { ...SAMPLE_CALL, vendor }, spec };
    return kazooRecordingDocument(recording, { ...application, settings: { version, accountId: 'own' } });
  };

  it('recording_vars as they were', () => {
    expect(documentOf('5.x', { recording_vars: variables })['recording_vars']).toEqual(variables);
    expect(documentOf('4.3', { recording_vars: variables })['recording_vars']).toBeUndefined();
    for (const bad of ['text', [1], { long: 'x'.repeat(4096) }]) {
      expect(documentOf('5.x', { recording_vars: bad })['recording_vars']).toBeUndefined();
    }
  });

  it('account_id where it is not that of the account itself', () => {
    expect(documentOf('5.x', {}, { account_id: 'other' })['account_id']).toBe('other');
    expect(documentOf('5.x', {}, { account_id: 'own' })['account_id']).toBeUndefined();
    expect(documentOf('4.3', {}, { account_id: 'other' })['account_id']).toBeUndefined();
  });
});
