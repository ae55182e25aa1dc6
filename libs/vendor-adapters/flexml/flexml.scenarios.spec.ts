import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { FlowStep, RecordingSpec } from '#libs/recording-model';
import { parseDocument, recordActions } from '#libs/testing';
import { flexmlAdapter } from './index.js';

function stepsOf(name: string): readonly FlowStep[] {
  const body = readFileSync(new URL(`./fixtures/scenario-${name}.xml`, import.meta.url), 'utf8');
  return parseDocument(flexmlAdapter, body).steps;
}

function specOf(name: string): RecordingSpec {
  const [action] = recordActions(stepsOf(name));
  if (action === undefined) throw new Error('no record step');
  return action.spec;
}

describe('flexml: scenarios of public applications (contract §7)', () => {
  it('1: voicemail with a callback, then goodbye', () => {
    const { parties, subscriptions, continuation } = specOf('1-voicemail');
    expect(parties).toBe('caller');
    expect(subscriptions.map(({ name, url }) => [name, url])).toEqual([
      ['callbackUrl', 'https://app.example.com/voicemail/saved/?email=owner@example.com'],
    ]);
    expect(continuation?.onCompleted?.url).toBe('https://app.example.com/voicemail/bye/?email=owner@example.com');
    expect(continuation?.onCompleted?.method).toBe('POST');
    expect(stepsOf('1-goodbye').map((step) => step.kind)).toEqual(['speak', 'hangup']);
  });

  it('2: a new file first, the same file when recording again', () => {
    expect(stepsOf('2-record').map((step) => step.kind)).toEqual(['playMedia', 'record']);
    expect(specOf('2-record')).toEqual(
      expect.objectContaining({
        parties: 'callee',
        beep: true,
        stopKeys: '#',
        trim: 'none',
        ifExists: 'unique',
        retention: { ttlSeconds: 86_400, action: 'delete' },
        destination: { kind: 'media-store', container: '5f0c3a52-0a0e-4f3b-9f0e-0d1a7c5f8e11', file: null },
      }),
    );
    expect(specOf('2-again')).toEqual(
      expect.objectContaining({
        ifExists: 'overwrite',
        destination: { kind: 'media-store', container: null, file: 'ea662226-9f71-44fe-858f-f8b624034974' },
      }),
    );
  });

  it('3: a background recording that neither keys nor silence end', () => {
    expect(specOf('3-debug')).toEqual(
      expect.objectContaining({
        mode: 'background',
        stopKeys: '',
        silence: null,
        labels: { string_key_1: 'campaign-12', string_key_2: 'call-345' },
      }),
    );
  });

  it('5: a failure asks errorAction, whose document runs', () => {
    expect(specOf('5-full').continuation?.onFailed).toEqual({
      purpose: 'errorAction',
      url: 'https://app.example.com/full',
      method: 'POST',
      userinfo: null,
    });
    expect(stepsOf('5-error').map((step) => step.kind)).toEqual(['playMedia', 'speak', 'hangup']);
  });

  it('6: an empty recording goes on with the next verb and is told as absent', () => {
    const { continuation, subscriptions } = specOf('6-empty');
    expect(continuation?.onlyWithAudio).toBe(true);
    expect(subscriptions[0]?.events).toContain('recording.absent');
    expect(stepsOf('6-empty').map((step) => step.kind)).toEqual(['record', 'speak', 'fetch']);
  });
});
