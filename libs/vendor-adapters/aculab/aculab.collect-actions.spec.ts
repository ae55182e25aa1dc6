import { describe, expect, it } from '@jest/globals';
import type { CollectDigitsAction, FlowContext } from '#libs/recording-model';
import { aculabAdapter } from './aculab.adapter.js';
import { CALL, context, parse } from './testing/parsing.js';

function collected(action: object, settings: Record<string, string> = {}): CollectDigitsAction {
  const [step] = parse({ actions: [action] }, settings).steps;
  if (step?.kind !== 'collectDigits') throw new Error('nothing is collected');
  return step;
}

const number = (members: object = {}, settings: Record<string, string> = {}) =>
  collected({ get_number: { next_page: 'number', ...members } }, settings);

const texts = (messages: CollectDigitsAction['onTimeout']): unknown =>
  messages?.map((steps) => steps.map((step) => ('text' in step ? step.text : step.kind)));

describe('get_number (contract §7)', () => {
  it('has the defaults of the vendor', () => {
    expect(number()).toMatchObject({
      maxDigits: null,
      finishKeys: '#',
      validKeys: '0123456789',
      helpKey: '*',
      timeoutMs: 5000,
      firstTimeoutMs: 5000,
      totalTimeoutMs: 30_000,
      nextWhenEmpty: false,
    });
    expect([number().onTimeout?.length, number().onInvalid?.length]).toEqual([2, 2]);
    const first = number({ seconds_digit_timeout: 7 }, { apiVersion: '1' });
    expect([first.timeoutMs, first.totalTimeoutMs]).toEqual([7000, undefined]);
  });

  it('takes its keys, its waits and its messages from the action, and accounts for each', () => {
    const members = {
      digit_count: 4,
      end_digit: '',
      valid_digits: '12AB',
      help_digit: '#',
      seconds_timeout: 20,
      milliseconds_inter_digit_timeout: 0,
      milliseconds_initial_timeout: 8000,
      on_digit_timeout_messages: [{ play: { play_list: [{ text_to_say: 'Hello?' }], barge_in_on_digit: false } }],
      on_invalid_digit_messages: [],
    };
    const step = number(members);
    expect(step).toMatchObject({
      maxDigits: 4,
      finishKeys: '',
      validKeys: '12AB',
      helpKey: '#',
      timeoutMs: 20_000,
      firstTimeoutMs: 8000,
      totalTimeoutMs: 20_000,
      onInvalid: [],
    });
    expect(texts(step.onTimeout)).toEqual([['Hello?']]);
    expect(number({ help_digit: '' })).not.toHaveProperty('helpKey');
    const { accounting, warnings } = parse({ actions: [{ get_number: { next_page: 'n', ...members } }] });
    expect(warnings).toEqual([]);
    expect(accounting.filter(({ outcome }) => outcome === 'unknown' || outcome === 'dropped').length).toBe(1);
  });

  it.each([
    [{ end_digit: '' }, 'digit_count must not be 0'],
    [{ end_digit: '12' }, 'end_digit must be one key'],
    [{ help_digit: 'x' }, 'help_digit must be one key'],
    [{ valid_digits: '1-9' }, 'valid_digits may hold only'],
    [{ on_digit_timeout_messages: {} }, 'must be a list of play actions'],
    [{ on_digit_timeout_messages: [7] }, 'must be an object'],
    [{ milliseconds_initial_timeout: 1.5 }, 'must be a whole number'],
  ])('refuses %j', (members, why) => {
    expect(() => number(members)).toThrow(why);
  });
});

describe('run_menu (contract §7)', () => {
  const option = (digit: string, url: string) => ({ digit, next_page: { url } });
  const menu = {
    run_menu: { menu_options: [option('1', 'https://u:p@one.example/'), option('2', 'https://two.example/')] },
  };

  it('takes the keys of its options alone', () => {
    const step = collected(menu);
    expect(step).toMatchObject({ maxDigits: 1, validKeys: '12', helpKey: '*', finishKeys: '', timeoutMs: 5000 });
  });

  it('sends no page the credentials of another', () => {
    const { flowState } = parse({ actions: [menu] });
    const { next } = collected(menu);
    if (next === null) throw new Error('there is no page');
    const asked = (digits: string) => {
      const { application, now } = context();
      const flow: FlowContext = {
        application,
        call: CALL,
        callState: 'answered',
        callDurationMs: 0,
        answered: true,
        hangupBy: null,
        documentUrl: null,
        flowState,
        recording: null,
        collected: { digits, finishKey: null },
        error: null,
        now,
      };
      const { url, userinfo } = aculabAdapter.renderFlowRequest(next, flow);
      return [url, userinfo];
    };
    expect(asked('1')).toEqual(['https://one.example/', { secret: expect.any(String) }]);
    expect(asked('2')).toEqual(['https://two.example/', null]);
  });
});
