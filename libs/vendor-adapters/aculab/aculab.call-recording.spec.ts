import { describe, expect, it } from '@jest/globals';
import type { JsonObject, RecordingView } from '#libs/recording-model';
import { sampleRecording, seededIdSource } from '#libs/testing';
import { aculabAdapter } from './aculab.adapter.js';
import { fileEndOf, isFileOf } from './aculab.media-names.js';
import { CALL, context, PAGE } from './testing/parsing.js';

const ON = { callRecording: 'true' };
const CIPHER = {
  type: 'aescbc',
  key: '00112233445566778899aabbccddeeff',
  vector: '0f0e0d0c0b0a09080706050403020100',
};

function first(
  actions: readonly object[],
  settings: Record<string, string> = ON,
  more: object = {},
  state: JsonObject = {},
) {
  const body = JSON.stringify({ actions, ...more });
  const reading = { ...context(settings, CALL, state), ids: seededIdSource(1) };
  return { reading, parsed: aculabAdapter.parse({ body, role: 'flow', url: PAGE }, reading) };
}

describe('whole-call recording (contract §7)', () => {
  it('begins with the answer of the call, of both directions, until the call ends', () => {
    const { parsed } = first([{ sleep: { seconds: 1 } }]);
    expect(parsed.steps.map(({ kind }) => kind)).toEqual(['answer', 'record', 'wait', 'hangup']);
    expect(parsed.steps[1]).toMatchObject({
      spec: {
        mode: 'background',
        start: 'onAnswer',
        parties: 'both',
        channels: 1,
        silence: null,
        stopKeys: '',
        maxDurationMs: null,
        continuation: null,
        subscriptions: [],
        format: { container: 'wav', codec: 'alaw' },
      },
    });
    const separate = first([{ answer: {} }], { ...ON, callRecordingMode: 'separate', companding: 'ulaw' }).parsed;
    expect(separate.steps[0]).toMatchObject({ kind: 'record', spec: { channels: 2, format: { codec: 'mulaw' } } });
  });

  it.each([
    ['without the setting', [{ answer: {} }], {}, {}],
    ['on later pages', [{ answer: {} }], ON, { answered: true }],
    ['for a call that is rejected', [{ reject: {} }], ON, {}],
    ['for a call that nothing is done with', [], ON, {}],
  ])('is not made %s', (_when, actions, settings, state) => {
    const { parsed } = first(actions, settings, {}, state);
    expect(parsed.steps.some(({ kind }) => kind === 'record')).toBe(false);
  });

  it('has a name from its beginning on: in call info, in the media store, and not counted among the others', () => {
    const { reading, parsed } = first([{ record: { next_page: 'next' } }]);
    const name = String(parsed.flowState['call_recording_filename']);
    expect(name).toMatch(/^\/rest_api\/recordings\/2024\/03\/05\/14_35_00_04f01fb92e8913a8\.62100\d{6}\.wav$/);
    expect(parsed.flowState['recordings']).toBe(1);
    const [whole] = parsed.steps.flatMap((step) => (step.kind === 'record' ? [step] : []));
    if (whole === undefined) throw new Error('nothing is recorded');
    const names = aculabAdapter.mintNames({
      ...reading,
      spec: whole.spec,
      recordingId: 'r',
      flowState: parsed.flowState,
    });
    expect(names['fileEnd']).toBe(fileEndOf(name));
    const view: RecordingView = sampleRecording(whole.spec, names, { call: CALL });
    expect([isFileOf(view, name), aculabAdapter.nameObject(view, reading.application).name]).toEqual([
      true,
      name.slice(1),
    ]);
    const page = { purpose: 'redirect', url: PAGE, method: 'POST', userinfo: null } as const;
    const flow = {
      application: reading.application,
      call: CALL,
      callState: 'answered',
      callDurationMs: 0,
      answered: true,
      hangupBy: null,
      documentUrl: null,
      flowState: parsed.flowState,
      recording: null,
      collected: null,
      error: null,
      now: reading.now,
    } as const;
    expect(JSON.parse(aculabAdapter.renderFlowRequest(page, flow).body ?? '')).toMatchObject({
      this_call: { call_recording_filename: name },
    });
  });

  it('is encrypted with the cipher of the first answer; elsewhere the cipher is not used', () => {
    const { parsed } = first([{ answer: {} }], ON, { call_recording_cipher: CIPHER });
    const [step] = parsed.steps;
    if (step?.kind !== 'record') throw new Error('nothing is recorded');
    expect(step.spec.encryption).toMatchObject({ cipher: 'aes-cbc', keyBits: 128 });
    expect(Object.values(step.secrets)).toEqual([CIPHER.key, CIPHER.vector]);
    expect([parsed.warnings, JSON.stringify(parsed.accounting).includes(CIPHER.key)]).toEqual([[], false]);
    const off = first([{ answer: {} }], {}, { call_recording_cipher: CIPHER }).parsed;
    expect(off.warnings.map(({ message }) => message)).toEqual([
      'call_recording_cipher is not used: the setting callRecording is off',
    ]);
    expect(JSON.stringify(off.accounting)).not.toContain(CIPHER.key);
    expect(() => first([{ answer: {} }], ON, { call_recording_cipher: { ...CIPHER, key: '00' } })).toThrow(
      'hex digits',
    );
  });
});
