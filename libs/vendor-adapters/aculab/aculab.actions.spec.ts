import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError, type JsonObject } from '#libs/recording-model';
import { aculabAdapter } from './aculab.adapter.js';
import { CALL, PAGE, context, parse, recordOf, refusal } from './testing/parsing.js';

describe('action lists (contract §1.7, §7)', () => {
  it('hangs up on an empty list and when a list is exhausted', () => {
    expect(parse({ actions: [] }).steps.map((step) => step.kind)).toEqual(['hangup']);
    const parsed = parse({ actions: [{ sleep: { seconds_duration: 2 } }] });
    expect(parsed.steps).toMatchObject([{ kind: 'wait', durationMs: 2000 }, { kind: 'hangup' }]);
  });

  it('replaces the rest of the list by the next page', () => {
    const parsed = parse({ actions: [{ record: { next_page: 'a' } }, { nonsense: { b: 1 } }] });
    expect(parsed.steps.map((step) => step.kind)).toEqual(['record', 'skipped']);
    expect(parsed.accounting.find((entry) => entry.path === '/actions/1/nonsense/b')?.outcome).toBe('dropped');
  });

  it('turns the other actions into steps', () => {
    const parsed = parse({
      actions: [
        { answer: {} },
        {
          play: {
            play_list: [{ text_to_say: 'Hi', tts_voice: 'Ann' }, { file_to_play: 'a/b.wav' }, { digits_to_play: '12' }],
          },
        },
        { delete_file: { filename: 'a/b.wav' } },
        { get_input: {} },
        { connect: { destinations: ['con:room'] } },
        { redirect: { next_page: { url: 'more', method: 'GET' } } },
      ],
    });
    expect(parsed.steps).toMatchObject([
      { kind: 'answer' },
      { kind: 'speak', text: 'Hi', voice: 'Ann' },
      { kind: 'playMedia', url: 'media:///a/b.wav' },
      { kind: 'sendDigits', digits: '12' },
      { kind: 'deleteFile', file: 'a/b.wav' },
      { kind: 'skipped', name: 'get_input' },
      { kind: 'connect', to: 'room', conference: true },
      { kind: 'fetch', request: { purpose: 'redirect', url: 'https://app.example.net/ivr/more', method: 'GET' } },
    ]);
    expect(parsed.warnings.map((warning) => warning.message)).toEqual([
      'get_input is skipped: speech input is not carried out',
    ]);
    const outcome = (path: string): string | undefined =>
      parsed.accounting.find((entry) => entry.path === `/actions/${path}`)?.outcome;
    expect(['text_to_say', 'tts_voice'].map((name) => outcome(`1/play/play_list/0/${name}`))).toEqual([
      'exact',
      'exact',
    ]);
    expect(outcome('1/play/play_list/1/file_to_play')).toBe('exact');
    expect(outcome('1/play/play_list/2/digits_to_play')).toBe('exact');
    expect(outcome('2/delete_file/filename')).toBe('exact');
  });

  it.each([
    ['{"actions":[{"dance":{}}]}', 'field.invalid', '/actions/0/dance'],
    ['{"actions":[{}]}', 'field.invalid', '/actions/0'],
    ['{"actions":[{"play":{"play_list":[]},"answer":{}}]}', 'field.invalid', '/actions/0'],
    ['{"actions":{"record":{}}}', 'field.invalid', '/actions'],
    ['{"actions":[7]}', 'field.invalid', '/actions/0'],
    ['{"actions":[],"token":5}', 'field.invalid', '/token'],
    ['{"actions":[{"play":{"play_list":[{}]}}]}', 'field.invalid', '/actions/0/play/play_list/0'],
    ['{"actions":[{"delete_file":{"filename":"../secret.wav"}}]}', 'field.invalid', '/actions/0/delete_file/filename'],
    ['{"token":"x"}', 'field.missing', ''],
    ['"text"', 'field.invalid', ''],
    ['', 'document.malformed', ''],
  ])('refuses %s', (body, code, path) => {
    const error = refusal(() => parse(body));
    expect([error.code, error.position?.path]).toEqual([code, path]);
  });

  it('hands the token on and counts the recordings of the run', () => {
    const body = '{"token":"t2","actions":[{"record":{"next_page":"n"}}]}';
    const page = { body, role: 'flow' as const, url: PAGE };
    const state = (flowState?: JsonObject): JsonObject =>
      aculabAdapter.parse(page, context({}, CALL, flowState)).flowState;
    expect(state()).toMatchObject({ token: 't2' });
    expect(state()).not.toHaveProperty('recordings');
    expect(state({})).toMatchObject({ token: 't2', recordings: 1 });
    expect(state({ recordings: 1 })).toMatchObject({ recordings: 2 });
    expect(parse({ actions: [] }).flowState).not.toHaveProperty('token');
  });

  it('may leave out its actions where it ends the call, as the final page does', () => {
    const ending = (body: string) => aculabAdapter.parse({ body, role: 'end', url: PAGE }, context({}, CALL, {}));
    expect(ending('{}')).toMatchObject({ steps: [{ kind: 'hangup' }], warnings: [] });
    expect(ending('{"token":"over"}').flowState).toMatchObject({ token: 'over' });
    expect(ending('{"actions":[{"delete_file":{"filename":"a.wav"}}]}').steps[0]).toMatchObject({ kind: 'deleteFile' });
    expect(() => ending('{"actions":7}')).toThrow('must be an array');
  });

  it('may name the version of the API, as the libraries of the vendor do', () => {
    const named = (api_version: unknown, apiVersion = '2') => parse({ api_version, actions: [] }, { apiVersion });
    const outcome = (parsed: ReturnType<typeof parse>) =>
      parsed.accounting.find(({ path }) => path === '/api_version')?.outcome;
    expect([outcome(named('2.0')), named('2.0').warnings]).toEqual(['exact', []]);
    expect(outcome(named('1.0', '1'))).toBe('exact');
    expect([outcome(named('2.0', '1')), named('2.0', '1').warnings.length]).toEqual(['dropped', 1]);
  });

  it('labels the recording with the token in force', () => {
    const body = '{"actions":[{"record":{"next_page":"n"}}]}';
    const later = aculabAdapter.parse({ body, role: 'flow', url: PAGE }, context({}, CALL, { token: 't1' }));
    expect(recordOf(later).spec.labels).toEqual({ id: '', token: 't1' });
  });
});

describe('any document', () => {
  const member = fc.constantFrom(
    'record',
    'play',
    'next_page',
    'url',
    'actions',
    'token',
    'run_menu',
    'get_number',
    'connect',
    'encryption_cipher',
    'sleep',
    '__proto__',
    'constructor',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(member, tie('value')),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));

  it('is either read with one entry for each field or refused with a place', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          value,
          value.map((each) => ({ actions: [each] })),
        ),
        fc.constantFrom('1', '2'),
        (document, apiVersion) => {
          const body = JSON.stringify(document);
          try {
            const { accounting } = parse(body, { apiVersion });
            expect(new Set(accounting.map((entry) => entry.path)).size).toBe(accounting.length);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(RecgateError);
            if (thrown instanceof RecgateError)
              expect([thrown.blame, thrown.position?.line]).toEqual(['request', expect.any(Number)]);
          }
        },
      ),
      { numRuns: 400, seed: 5 },
    );
  });
});
