import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError, type FlowAction } from '#libs/recording-model';
import { ACULAB, documentOf, FLEXML, record, request, say, startFlow, step } from './spec-support/flow-run.js';

const leaf: fc.Arbitrary<FlowAction> = fc.oneof(
  fc.constantFrom<FlowAction>(
    record('background'),
    record('blocking'),
    record('blocking', FLEXML),
    record('blocking', ACULAB),
    { kind: 'stopRecording', which: 'latest' },
    { kind: 'stopRecording', which: 'all' },
    { kind: 'maskRecording', which: 'latest' },
    { kind: 'answer' },
    { kind: 'hangup' },
    { kind: 'fetch', request: request('redirect') },
    { kind: 'connect', to: '1', conference: false, maxDurationMs: 700, next: request('ace') },
    { kind: 'connect', to: '2', conference: true, maxDurationMs: null, next: request('action') },
    { kind: 'park', maxDurationMs: 450 },
    { kind: 'sendDigits', digits: '12' },
    { kind: 'skipped', name: 'Amd', reason: 'test' },
  ),
  fc.record({ kind: fc.constant('wait' as const), durationMs: fc.nat({ max: 2000 }) }),
  fc
    .record({ length: fc.nat({ max: 30 }), repeat: fc.nat({ max: 3 }) })
    .map(({ length, repeat }) => say('a'.repeat(length), repeat, 130)),
  fc
    .record({ maxDigits: fc.option(fc.integer({ min: 1, max: 3 })), nextWhenEmpty: fc.boolean() })
    .map((about): FlowAction => ({
      kind: 'collectDigits',
      prompts: [step(say('press'))],
      finishKeys: '#',
      timeoutMs: 900,
      next: request('gather'),
      ...about,
    })),
);
const actions = fc.array(leaf, { maxLength: 6 });

type Flow = ReturnType<typeof startFlow>;
const input: fc.Arbitrary<(flow: Flow, random: readonly FlowAction[]) => void> = fc.constantFrom(
  ({ runner }: Flow) => runner.bridged(),
  ({ runner }: Flow) => runner.legEnded(),
  ({ runner }: Flow) => runner.key('5', 'caller'),
  ({ runner }: Flow) => runner.key('#', 'callee'),
  ({ runner }: Flow) => runner.hangup('caller'),
  ({ runner }: Flow) => runner.playbackEnded(1),
  ({ runner }: Flow) => runner.recordingSettled(1, { state: 'captured', recording: null }),
  ({ runner }: Flow) => runner.recordingSettled(1, { state: 'available', recording: null }),
  ({ runner }: Flow) => runner.recordingSettled(2, { state: 'absent', recording: null }),
  ({ runner }: Flow) => runner.recordingSettled(2, { state: 'failed', recording: null }),
  ({ runner }: Flow, next: readonly FlowAction[]) => runner.requestAnswered(documentOf(...next)),
  ({ runner }: Flow) => runner.requestAnswered(null),
  ({ runner }: Flow) => runner.requestFailed(new RecgateError('outbound.failed', 'no')),
  ({ runner }: Flow, next: readonly FlowAction[]) => runner.interject(documentOf(...next), null),
  ({ runner }: Flow, next: readonly FlowAction[]) => runner.run(documentOf(...next), null),
);

const scenario = fc.record({
  first: actions,
  inputs: fc.array(fc.record({ after: fc.nat({ max: 1500 }), input, next: actions }), { maxLength: 12 }),
});

/** What the flow wished, with media time advanced in steps of this many ms between the inputs. */
function play({ first, inputs }: typeof scenario extends fc.Arbitrary<infer S> ? S : never, stepMs: number): string[] {
  const flow = startFlow();
  let now = 0;
  const advance = (to: number): void => {
    for (; now < to; now = Math.min(to, now + stepMs)) flow.runner.advance(Math.min(to, now + stepMs));
  };
  flow.runner.run(documentOf(...first), null);
  for (const { after, input: act, next } of inputs) {
    advance(now + after);
    act(flow, next);
  }
  advance(now + 20_000);
  return flow.log;
}

describe('CallFlowRunner', () => {
  it('ends at most once, says nothing after its end, and goes by media time however finely it is told', () => {
    fc.assert(
      fc.property(scenario, (s) => {
        const fine = play(s, 7);
        expect(play(s, 100_000)).toEqual(fine);
        const end = fine.findIndex((line) => line.startsWith('ended'));
        if (end >= 0) expect(end).toBe(fine.length - 1);
      }),
      { numRuns: 300 },
    );
  });
});
