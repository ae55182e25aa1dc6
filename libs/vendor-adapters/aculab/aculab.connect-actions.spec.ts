import { describe, expect, it } from '@jest/globals';
import type { FlowContext } from '#libs/recording-model';
import { aculabAdapter } from './aculab.adapter.js';
import { CALL, context, parse } from './testing/parsing.js';

const steps = (action: object) => parse({ actions: [action] }).steps;

describe('connect (contract §7)', () => {
  it('connects whoever answers first, within its time to answer and for its longest duration', () => {
    expect(steps({ connect: { destinations: ['441908000003', 'sip:a@b'] } })[0]).toMatchObject({
      kind: 'connect',
      to: '441908000003',
      conference: false,
      maxDurationMs: 14_400_000,
      rules: { answerMs: 30_000 },
    });
    const members = {
      destinations: ['441908000003'],
      seconds_answer_timeout: 12,
      secondary_call: { minutes_max_call_duration: 30 },
    };
    expect(steps({ connect: members })[0]).toMatchObject({ maxDurationMs: 1_800_000, rules: { answerMs: 12_000 } });
    expect(steps({ connect_to_conference: { name: 'room' } })[0]).toMatchObject({ to: 'room', conference: true });
  });

  it('accounts for what belongs to a line that the gateway does not dial', () => {
    const { accounting, warnings } = parse({
      actions: [
        {
          connect: {
            destinations: ['1', '2'],
            call_from: '3',
            hold_media: { play_list: [{ file_to_play: 'hold.wav' }] },
            secondary_call: { first_page: { url: 'greet' }, call_recording: true },
          },
        },
      ],
    });
    expect(warnings).toEqual([]);
    const outcome = (path: string) => accounting.find((entry) => entry.path === `/actions/0/connect/${path}`)?.outcome;
    expect(['destinations/0', 'destinations/1', 'call_from'].map(outcome)).toEqual(['exact', 'converted', 'dropped']);
    expect(['hold_media/play_list/0/file_to_play', 'secondary_call/first_page/url'].map(outcome)).toEqual([
      'dropped',
      'dropped',
    ]);
  });

  it.each([
    [{ connect: { destinations: [] } }, 'must hold a destination'],
    [{ connect: { destinations: [7] } }, 'must be a string'],
    [{ connect: {} }, 'destinations is missing'],
    [{ connect: { destinations: ['1'], secondary_call: { minutes_max_call_duration: 0 } } }, 'must be a whole number'],
    [{ connect_to_conference: {} }, 'name is missing'],
  ])('refuses %j', (action, why) => {
    expect(() => steps(action)).toThrow(why);
  });

  it('tells the next page how long they were connected', () => {
    const parsed = parse({ actions: [{ connect: { destinations: ['1'], next_page: 'after' } }] });
    const [step] = parsed.steps;
    if (step?.kind !== 'connect' || step.next === null) throw new Error('there is no page');
    const { next } = step;
    const told = (connectedMs: number) => {
      const { application, now } = context();
      const flow: FlowContext = {
        application,
        call: CALL,
        callState: 'answered',
        callDurationMs: 0,
        answered: true,
        hangupBy: null,
        documentUrl: null,
        flowState: parsed.flowState,
        recording: null,
        collected: null,
        connectedMs,
        error: null,
        now,
      };
      return /"action_result":(.*)\}$/.exec(aculabAdapter.renderFlowRequest(next, flow).body ?? '')?.[1];
    };
    expect(told(61_250)).toBe('{"action":"connect","result":{"seconds_connected_duration":61.3}}');
    expect(told(0)).toBe('{"action":"connect","result":{"seconds_connected_duration":0.0}}');
  });
});
