import { describe, expect, it } from '@jest/globals';
import type { CallIdentity, FlowContext, JsonObject } from '#libs/recording-model';
import { aculabAdapter } from './aculab.adapter.js';
import { CALL, PAGE, context, parse } from './testing/parsing.js';

const play = (members: object = {}) => ({
  play: { play_list: [{ text_to_say: 'Hi' }, { digits_to_play: '1' }], ...members },
});

describe('barge-in (contract §1.8)', () => {
  const bargeInOf = (document: object, settings: Record<string, string> = {}) =>
    parse(document, settings).steps.map((step) => ('bargeIn' in step ? step.bargeIn : null));

  it('is on by default; all of a play list belongs together, two plays do not', () => {
    const document = { actions: [play(), play()] };
    expect(bargeInOf(document)).toEqual([
      '/actions/0/play',
      '/actions/0/play',
      '/actions/1/play',
      '/actions/1/play',
      null,
    ]);
  });

  it('is called barge_in_on_digit, and barge_in in version 1', () => {
    expect(bargeInOf({ actions: [play({ barge_in_on_digit: false })] })).toEqual([null, null, null]);
    expect(bargeInOf({ actions: [play({ barge_in: false })] })[0]).toBe('/actions/0/play');
    expect(bargeInOf({ actions: [play({ barge_in: false })] }, { apiVersion: '1' })).toEqual([null, null, null]);
    expect(() => parse({ actions: [play({ barge_in_on_digit: 'no' })] })).toThrow('must be true or false');
  });

  it('of a prompt is not asked about: a key always ends it', () => {
    const number = { prompt: { play_list: [{ text_to_say: 'Which?' }], barge_in_on_digit: false }, next_page: 'n' };
    const parsed = parse({ actions: [{ get_number: number }] });
    expect(parsed.warnings).toEqual([]);
    const entry = parsed.accounting.find(({ path }) => path.endsWith('/barge_in_on_digit'));
    expect(entry).toMatchObject({ outcome: 'dropped', reason: 'a key always ends a prompt' });
  });
});

describe('the answer of an inbound call (contract §1.1)', () => {
  const kinds = (
    actions: object[],
    flowState: JsonObject,
    settings: Record<string, string> = {},
    call: CallIdentity = CALL,
  ) => {
    const body = JSON.stringify({ actions });
    const parsed = aculabAdapter.parse({ body, role: 'flow', url: PAGE }, context(settings, call, flowState));
    return [parsed.steps.map(({ kind }) => kind), parsed.flowState['answered']];
  };

  it('comes with the first actions', () => {
    expect(kinds([{ sleep: { seconds: 1 } }], {})).toEqual([['answer', 'wait', 'hangup'], true]);
    expect(kinds([{ sleep: { seconds: 1 } }], { answered: true })).toEqual([['wait', 'hangup'], true]);
  });

  it.each([
    ['the list answers', [{ answer: {} }], {}, CALL, ['answer', 'hangup']],
    ['it rejects', [{ reject: {} }], {}, CALL, ['reject']],
    ['it is empty', [], {}, CALL, ['hangup']],
    ['early media is on', [{ sleep: { seconds: 1 } }], { earlyMedia: 'true' }, CALL, ['wait', 'hangup']],
    ['the call goes out', [{ sleep: { seconds: 1 } }], {}, { ...CALL, direction: 'outbound' }, ['wait', 'hangup']],
  ] as const)('does not when %s', (_why, actions, settings, call, expected) => {
    expect(kinds([...actions], {}, settings, call)[0]).toEqual(expected);
  });
});

describe('the cipher of a played file (contract §4, §7)', () => {
  const cipher = {
    type: 'aescbc',
    key: '00112233445566778899AABBCCDDEEFF',
    vector: '0f0e0d0c0b0a09080706050403020100',
  };
  const playing = (decryption: object) =>
    parse({
      actions: [
        {
          play: { play_list: [{ file_to_play: '/a.wav' }, { file_to_play: '/b.wav', decryption_cipher: decryption }] },
        },
      ],
    });

  it('goes to the secrets, by its place in the document', () => {
    const { steps, secrets, accounting } = playing(cipher);
    const name = '/actions/0/play/play_list/1/decryption_cipher';
    expect(steps[0]).not.toHaveProperty('decryption');
    expect(steps[1]).toMatchObject({
      decryption: { key: { secret: `${name}.key` }, vector: { secret: `${name}.vector` } },
    });
    expect(secrets).toEqual({ [`${name}.key`]: cipher.key.toLowerCase(), [`${name}.vector`]: cipher.vector });
    expect(JSON.stringify([steps, accounting])).not.toMatch(/00112233/);
  });

  it.each([
    ['another type', { ...cipher, type: 'des' }],
    ['a short key', { ...cipher, key: '0011' }],
    ['no vector', { type: 'aescbc', key: cipher.key }],
  ])('is refused with %s', (_what, wrong) => {
    expect(() => playing(wrong)).toThrow(/decryption_cipher/);
  });
});

describe('the end of a call (contract §1.4)', () => {
  const application = context({ finalPage: 'https://app.example.net/final' }).application;
  const causeOf = (more: Partial<FlowContext>, call: CallIdentity = CALL) => {
    const [page] = aculabAdapter.lastRequests(application, call);
    if (page === undefined) throw new Error('there is no final page');
    const flow: FlowContext = {
      application,
      call,
      callState: 'ended',
      callDurationMs: 9000,
      answered: true,
      hangupBy: 'gateway',
      documentUrl: null,
      flowState: {},
      recording: null,
      collected: null,
      error: null,
      now: new Date('2024-03-05T14:35:09.000Z'),
      ...more,
    };
    const { this_call: info } = JSON.parse(aculabAdapter.renderFlowRequest(page, flow).body ?? '{}') as {
      this_call: { call_cause: string; call_raw_cause: string };
    };
    return [info.call_cause, info.call_raw_cause];
  };
  const OUTBOUND: CallIdentity = { ...CALL, direction: 'outbound' };

  it.each([
    [{ endReason: 'flow' }, CALL, ['completed', '200']],
    [{ hangupBy: 'caller', endReason: 'party' }, CALL, ['hung_up', '200']],
    [{ hangupBy: 'callee', endReason: 'party' }, OUTBOUND, ['hung_up', '200']],
    // `dropped` is said of calls that are given up while another is connected (contract §1.3, dropped_calls).
    [{ endReason: 'mediaTimeout' }, CALL, ['failed', '200']],
    [{ endReason: 'nodeLost' }, CALL, ['failed', '200']],
    [{ callDurationMs: 0, answered: false, endReason: 'noAnswer' }, OUTBOUND, ['no_answer', '480']],
    [{ callDurationMs: 0, answered: false, hangupBy: 'callee', endReason: 'party' }, OUTBOUND, ['busy', '486']],
    [{ callDurationMs: 0, answered: false, endReason: 'command' }, OUTBOUND, ['no_answer', '480']],
    [{ callDurationMs: 0, answered: true, endReason: 'flow' }, OUTBOUND, ['completed', '200']],
  ] as const)('%j is told as %s', (more, call, expected) => {
    expect(causeOf(more, call)).toEqual(expected);
  });
});
