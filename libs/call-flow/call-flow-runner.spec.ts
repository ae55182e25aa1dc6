import { describe, expect, it } from '@jest/globals';
import { RecgateError, type RecordingView } from '#libs/recording-model';
import { estimatedSpeechMs } from './index.js';
import { ACULAB, documentOf, FLEXML, record, request, say, startFlow, step } from './spec-support/flow-run.js';

const view = { id: 'rec-1' } as RecordingView;
const NONE = { state: 'absent', recording: null } as const;

describe('steps in order', () => {
  it('take the time they take, and the end of the list ends the call', () => {
    const { runner, log, to } = startFlow();
    const hello = 'a'.repeat(14);
    runner.run(
      documentOf(
        { kind: 'answer' },
        say(hello),
        { kind: 'wait', durationMs: 500 },
        { kind: 'sendDigits', digits: '1w2' },
      ),
      null,
    );
    to(1400);
    expect(log).toEqual(['answer', `speak 1 ${hello}`]);
    to(5000);
    expect(log.slice(2)).toEqual([
      '-- by 1500',
      'digits 1w2 (900 ms)',
      '-- by 2400',
      'hangup completed',
      'ended completed',
    ]);
    expect(runner.over).toBe(true);
  });

  it('repeat with pauses, and for ever until the call ends', () => {
    const { runner, log, to } = startFlow();
    runner.run(documentOf(say('aaaaaaa', 2, 300), say('bbbbbbb', 0)), null);
    to(2900);
    runner.hangup('caller');
    expect(log.filter((line) => !line.startsWith('--'))).toEqual([
      'speak 1 aaaaaaa',
      'speak 2 aaaaaaa',
      'speak 3 bbbbbbb',
      'speak 4 bbbbbbb',
      'speak 5 bbbbbbb',
      'speak 6 bbbbbbb',
      'cancel 6',
      'ended callEnded',
    ]);
  });

  it('wait for audio of unknown length, but not for background audio', () => {
    const { runner, log, to } = startFlow();
    const audio = (url: string, background: boolean) => ({ kind: 'playMedia', url, repeat: 1, background }) as const;
    runner.run(documentOf(audio('music', true), audio('greeting', false), { kind: 'hangup' }), null);
    to(10_000);
    expect(log).toEqual(['play 1 music', 'play 2 greeting']);
    runner.playbackEnded(1);
    runner.playbackEnded(2);
    expect(log.slice(2)).toEqual(['hangup hangupStep', 'ended hangupStep']);
  });

  it('that are not carried out are warned about', () => {
    const { runner, log } = startFlow();
    runner.run(
      {
        ...documentOf(
          { kind: 'skipped', name: 'Amd', reason: 'no such thing here' },
          { kind: 'deleteFile', file: '/f' },
          { kind: 'reject' },
        ),
        warnings: [{ message: 'odd', position: { path: '/x' } }],
      },
      null,
    );
    expect(log).toEqual([
      'warn /x odd',
      'warn /0 Amd is not carried out: no such thing here',
      'delete /f',
      'hangup rejectStep',
      'ended rejectStep',
    ]);
  });

  it('come at the times they are due, however coarsely media time is told', () => {
    const fine = startFlow();
    const coarse = startFlow();
    for (const flow of [fine, coarse])
      flow.runner.run(
        documentOf(
          { kind: 'wait', durationMs: 250 },
          { kind: 'wait', durationMs: 333 },
          { kind: 'park', maxDurationMs: 1000 },
        ),
        null,
      );
    expect(fine.runner.nextDeadlineMs).toBe(250);
    for (let t = 0; t < 1583; t++) fine.runner.advance(t);
    coarse.runner.advance(1000);
    expect([fine.runner.nextDeadlineMs, coarse.runner.nextDeadlineMs]).toEqual([1583, 1583]);
    expect(coarse.runner.parked).toBe(true);
  });
});

describe('blocking recordings', () => {
  it('let the next step run when there is no continuation', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(record('blocking'), say('bye')), null);
    expect(log).toEqual(['record 1 blocking']);
    runner.recordingSettled(1, { state: 'captured', recording: view });
    expect(log.slice(1)).toEqual(['speak 1 bye']);
  });

  it("ask FlexML's action once the file can be had; the steps after the Record never run", () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(record('blocking', FLEXML), say('never')), 'https://app.example.com/first');
    runner.recordingSettled(1, { state: 'captured', recording: view });
    expect(log).toHaveLength(1);
    runner.recordingSettled(1, { state: 'available', recording: view });
    runner.requestAnswered(documentOf(say('thanks')));
    expect(log.slice(1)).toEqual(['fetch action recordingCompleted rec-1', 'speak 1 thanks']);
  });

  it.each(['absent', 'discarded'] as const)("skip FlexML's action when the recording is %s", (state) => {
    const { runner, log } = startFlow();
    runner.run(documentOf(record('blocking', FLEXML), say('nothing heard')), null);
    runner.recordingSettled(1, { state, recording: null });
    expect(log.slice(1)).toEqual(['speak 1 nothing heard']);
  });

  it('ask errorAction when they fail, or go on when there is none', () => {
    const failed = { state: 'failed', recording: view } as const;
    const asked = startFlow();
    asked.runner.run(documentOf(record('blocking', FLEXML), say('on')), null);
    asked.runner.recordingSettled(1, { state: 'captured', recording: view });
    asked.runner.recordingSettled(1, failed);
    expect(asked.log.slice(1)).toEqual(['fetch errorAction recordingFailed rec-1']);
    const silent = startFlow();
    silent.runner.run(documentOf(record('blocking', { ...FLEXML, onFailed: null }), say('on')), null);
    silent.runner.recordingSettled(1, failed);
    expect(silent.log.slice(1)).toEqual(['speak 1 on']);
  });

  it.each(['captured', 'absent', 'failed'] as const)("ask Aculab's next page when the recording is %s", (state) => {
    const { runner, log } = startFlow();
    runner.run(documentOf(record('blocking', ACULAB), say('never')), null);
    runner.recordingSettled(1, { state, recording: view });
    expect(log.slice(1)).toEqual([
      `fetch next_page ${state === 'failed' ? 'recordingFailed' : 'recordingCompleted'} rec-1`,
    ]);
    runner.requestAnswered(documentOf());
    expect(log.slice(2)).toEqual(['hangup completed', 'ended completed']);
  });

  it('still ask once after a hang-up, and run nothing of the answer', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(record('blocking', FLEXML), say('never')), null);
    runner.hangup('caller');
    expect(runner.over).toBe(false);
    runner.recordingSettled(1, { state: 'captured', recording: view });
    runner.recordingSettled(1, { state: 'available', recording: view });
    runner.requestAnswered(documentOf(say('never')));
    runner.recordingSettled(1, { state: 'available', recording: view });
    expect(log.slice(1)).toEqual(['fetch action recordingCompleted rec-1 ignored', 'ended callEnded']);
  });

  it('end the flow after a hang-up when they are empty or have no continuation', () => {
    const empty = startFlow();
    empty.runner.run(documentOf(record('blocking', FLEXML), say('never')), null);
    empty.runner.hangup('caller');
    empty.runner.recordingSettled(1, NONE);
    const plain = startFlow();
    plain.runner.run(documentOf(record('blocking'), say('never')), null);
    plain.runner.hangup('callee');
    for (const { log } of [empty, plain]) expect(log.slice(1)).toEqual(['ended callEnded']);
  });

  it('are stopped, without their continuation, when another document takes over', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(record('blocking', ACULAB)), null);
    runner.run(documentOf(say('redirected')), null);
    runner.recordingSettled(1, { state: 'captured', recording: view });
    expect(log.slice(1)).toEqual(['stop latest 1', 'speak 1 redirected']);
  });
});

describe('background recordings', () => {
  it('run on while the flow goes on, and are stopped latest first', () => {
    const { runner, log } = startFlow();
    const stop = { kind: 'stopRecording', which: 'latest' } as const;
    runner.run(
      documentOf(
        record('background'),
        record('background'),
        { kind: 'maskRecording', which: 'latest' },
        { kind: 'unmaskRecording', which: 'latest' },
        stop,
        stop,
        stop,
        { kind: 'park', maxDurationMs: null },
      ),
      null,
    );
    expect(log).toEqual([
      'record 1 background',
      'record 2 background',
      'mask 2',
      'unmask 2',
      'stop latest 2',
      'stop latest 1',
      'stop latest ',
    ]);
  });

  it('leave the stack when they end by themselves', () => {
    const { runner, log, to } = startFlow();
    runner.run(
      documentOf(
        record('background'),
        record('background'),
        { kind: 'wait', durationMs: 1000 },
        { kind: 'stopRecording', which: 'all' },
      ),
      null,
    );
    runner.recordingSettled(2, { state: 'captured', recording: view });
    to(1000);
    expect(log).toContain('stop all 1');
  });

  it('span a connection', () => {
    const { runner, log, to } = startFlow();
    runner.run(
      documentOf(
        record('background'),
        { kind: 'connect', to: '1000', conference: false, maxDurationMs: 60_000, next: null },
        say('bye'),
      ),
      null,
    );
    to(5000);
    runner.bridged();
    to(64_000);
    expect(log).toEqual(['record 1 background', 'connect 1000']);
    to(65_000);
    expect(log.slice(2)).toEqual(['-- by 65000', 'disconnect', 'speak 1 bye']);
  });
});

describe('connections', () => {
  const connect = (next: ReturnType<typeof request> | null) =>
    ({ kind: 'connect', to: '1000', conference: false, maxDurationMs: null, next }) as const;

  it('ask the next document when the leg has ended', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(connect(request('action')), say('never')), null);
    runner.bridged();
    runner.legEnded();
    runner.requestAnswered(documentOf({ kind: 'hangup' }));
    expect(log.slice(1)).toEqual(['fetch action connectEnded', 'hangup hangupStep', 'ended hangupStep']);
  });

  it("ask Sinch's ACE when the leg answers, run its instructions beside the connection, and end with it", () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(connect(request('ace'))), null);
    runner.bridged();
    runner.requestAnswered(documentOf(record('background')));
    expect(log).toEqual(['connect 1000', 'fetch ace connected', 'record 1 background']);
    runner.legEnded();
    expect(log.slice(3)).toEqual(['hangup completed', 'ended completed']);
  });

  it('go on when nobody answers the ACE (contract §1)', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(connect(request('ace'))), null);
    runner.bridged();
    runner.requestFailed(new RecgateError('outbound.failed', 'no answer'));
    expect(log.slice(2)).toEqual(['warn /0 The call goes on without an answer: no answer']);
    expect(runner.over).toBe(false);
  });

  it('go on below a document that is handed to the call', () => {
    const { runner, log, to } = startFlow();
    runner.run(documentOf(connect(null), say('after')), null);
    runner.interject(documentOf(record('background'), say('you are recorded')), null);
    runner.legEnded();
    expect(log).toEqual(['connect 1000', 'record 1 background', 'speak 1 you are recorded']);
    to(3000);
    expect(log.filter((line) => line.startsWith('speak'))).toEqual(['speak 1 you are recorded', 'speak 2 after']);
  });

  it('a document handed to a call without a flow does not end it', () => {
    const { runner, log } = startFlow();
    runner.interject(documentOf(record('background')), null);
    expect(log).toEqual(['record 1 background']);
    expect(runner.over).toBe(false);
  });
});

describe('collecting digits', () => {
  const collect = (changes: object = {}) =>
    ({
      kind: 'collectDigits',
      prompts: [step(say('a'.repeat(28)))],
      maxDigits: 4,
      finishKeys: '#',
      timeoutMs: 2000,
      next: request('gather'),
      nextWhenEmpty: false,
      ...changes,
    }) as const;

  it('cuts the prompt off at the first key and ends at the finish key', () => {
    const { runner, log, to } = startFlow();
    runner.run(documentOf(collect()), null);
    to(500);
    for (const key of '12#') runner.key(key, 'caller');
    expect(log.slice(1)).toEqual(['cancel 1', 'fetch gather digitsCollected 12/#']);
  });

  it('ends with the last digit it may take', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf(collect({ prompts: [], maxDigits: 2 })), null);
    for (const key of '123') runner.key(key, 'callee');
    expect(log).toEqual(['fetch gather digitsCollected 12/null']);
  });

  it('waits for the first key from the end of the prompts, then from each key', () => {
    const { runner, log, to } = startFlow();
    runner.run(documentOf(collect()), null);
    to(3900);
    runner.key('7', 'caller');
    to(5800);
    expect(log).toEqual([`speak 1 ${'a'.repeat(28)}`]);
    to(5900);
    expect(log.slice(1)).toEqual(['-- by 5900', 'fetch gather digitsCollected 7/null']);
  });

  it('goes on without a key, or asks all the same when the vendor does', () => {
    const silent = startFlow();
    silent.runner.run(documentOf(collect(), { kind: 'hangup' }), null);
    silent.to(4000);
    expect(silent.log.slice(1)).toEqual(['-- by 4000', 'hangup hangupStep', 'ended hangupStep']);
    const asking = startFlow();
    asking.runner.run(documentOf(collect({ nextWhenEmpty: true }), { kind: 'hangup' }), null);
    asking.to(4000);
    expect(asking.log.slice(1)).toEqual(['-- by 4000', 'fetch gather digitsCollected /null']);
  });
});

describe('requests', () => {
  it('replace the rest of the list', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf({ kind: 'fetch', request: request('redirect') }, say('never')), null);
    runner.requestAnswered(null);
    expect(log).toEqual(['fetch redirect step', 'hangup completed', 'ended completed']);
  });

  it('that fail end the call', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf({ kind: 'fetch', request: request('redirect') }), null);
    runner.requestFailed(new RecgateError('outbound.failed', 'gone'));
    expect(log.slice(1)).toEqual(['hangup requestFailed', 'ended requestFailed outbound.failed']);
  });

  it('that come to the same document again and again end the call', () => {
    const loop = documentOf({ kind: 'fetch', request: request('redirect') });
    const { runner, log } = startFlow({ during: (r, wish) => wish.startsWith('fetch') && r.requestAnswered(loop) });
    runner.run(loop, null);
    expect(log.slice(-3)).toEqual([
      'fetch redirect step',
      'hangup requestFailed',
      'ended requestFailed document.forbidden',
    ]);
    expect(log.length).toBeLessThan(100);
  });

  it('may be answered at once', () => {
    const { runner, log } = startFlow({
      during: (r, wish) => wish.startsWith('record') && r.recordingSettled(1, { state: 'captured', recording: view }),
    });
    runner.run(documentOf(record('blocking', ACULAB)), null);
    expect(log).toEqual(['record 1 blocking', 'fetch next_page recordingCompleted rec-1']);
  });

  it('given up are not taken for later ones', () => {
    const { runner, log } = startFlow();
    runner.run(documentOf({ kind: 'fetch', request: request('redirect') }), null);
    runner.run(documentOf(say('instead')), null);
    runner.requestAnswered(documentOf({ kind: 'hangup' }));
    expect(log).toEqual(['fetch redirect step', 'speak 1 instead']);
  });
});

it('speech is estimated at about 14 characters a second', () => {
  expect([estimatedSpeechMs(''), estimatedSpeechMs('hi'), estimatedSpeechMs('x'.repeat(140))]).toEqual([
    0, 300, 10_000,
  ]);
});
