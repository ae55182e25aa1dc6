import { describe, expect, it } from '@jest/globals';
import type { FlowAction } from '#libs/recording-model';
import { documentOf, record, startFlow } from './spec-support/flow-run.js';

const apart = (name: string): FlowAction => ({ ...record('background'), apart: name }) as FlowAction;
const stop = (which: 'latest' | 'all', name?: string): FlowAction => ({
  kind: 'stopRecording',
  which,
  ...(name === undefined ? {} : { apart: name }),
});

/** What a list of steps wishes, without the starts. */
function wishes(...actions: readonly FlowAction[]): string[] {
  const { runner, log } = startFlow();
  runner.run(documentOf(...actions, { kind: 'park', maxDurationMs: null }), null);
  return log.filter((wish) => !wish.startsWith('record') && !wish.startsWith('start'));
}

describe('recordings that stand apart (Kazoo contract §1.3)', () => {
  const [own, all] = [wishes(record('background'), stop('latest')), wishes(record('background'), stop('all'))];

  it('are not meant by the stops of the flow', () => {
    expect(wishes(record('background'), apart('account'), stop('latest'))).toEqual(own);
    expect(wishes(record('background'), apart('account'), stop('all'))).toEqual(all);
  });

  it('are stopped by their name, and nothing is where there is none of it', () => {
    expect(wishes(apart('endpoint'), record('background'), apart('account'), stop('all', 'endpoint'))).toEqual(all);
    expect(wishes(record('background'), apart('account'), stop('all', 'endpoint'))).toEqual([]);
  });

  it('are not masked for the flow', () => {
    const mask: FlowAction = { kind: 'maskRecording', which: 'latest' };
    expect(wishes(apart('account'), mask)).toEqual(wishes(mask));
  });
});
