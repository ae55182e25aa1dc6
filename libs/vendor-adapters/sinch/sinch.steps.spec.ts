import { describe, expect, it } from '@jest/globals';
import {
  RecgateError,
  type ApplicationView,
  type DocumentRole,
  type FlowContext,
  type FlowStep,
  type ParsedDocument,
} from '#libs/recording-model';
import { sinchAdapter } from './sinch.adapter.js';
import { FIXTURE_CALL, fixtureApplication, fixtureContext, fixtureText, sinchDocument } from './sinch.fixtures.js';
import { parseSinchDocument } from './sinch.request-mapper.js';

function parse(body: unknown, role: DocumentRole = 'flow', application = fixtureApplication()): ParsedDocument {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return parseSinchDocument(sinchDocument(text, role), fixtureContext(application));
}

function refusal(body: unknown, role: DocumentRole = 'flow', application = fixtureApplication()): unknown {
  try {
    parse(body, role, application);
  } catch (thrown) {
    if (thrown instanceof RecgateError) return [thrown.code, thrown.field, thrown.position?.path];
    throw thrown;
  }
  return 'accepted';
}

const fixtureFlow = (application: ApplicationView): FlowContext => ({
  application,
  call: FIXTURE_CALL,
  callState: 'answered',
  callDurationMs: 1000,
  answered: true,
  hangupBy: null,
  documentUrl: null,
  flowState: {},
  recording: null,
  collected: null,
  error: null,
  now: new Date('2024-06-06T17:20:10.000Z'),
});

const kinds = (steps: readonly FlowStep[]): string[] => steps.map((step) => step.kind);

describe('SVAML: the other steps', () => {
  it('carries out what it can and skips the rest with a warning', () => {
    const parsed = parse(fixtureText('every-step'));
    expect(kinds(parsed.steps)).toEqual([
      'answer',
      'playMedia',
      'speak',
      'speak',
      'playMedia',
      'skipped',
      'sendDigits',
      'record',
      'skipped',
      'stopRecording',
      'record',
      'skipped',
      'skipped',
      'collectDigits',
    ]);
    expect(parsed.steps.at(-1)).toMatchObject({
      maxDigits: 1,
      timeoutMs: 4000,
      prompts: [{ kind: 'speak', text: 'Press one or two', language: 'en-US' }],
      next: { purpose: 'pie', method: 'POST' },
    });
    expect(parsed.flowState).toMatchObject({ 'cookie:__proto__': 'kept', 'cookie:step': '2' });
    expect(({} as { kept?: string }).kept).toBeUndefined();
  });

  it('shows no credentials of prompt URLs', () => {
    const ids = ['https://bob:hunter2@audio.example.com/a.wav', '#href[https://bob:hunter2@audio.example.com/b.wav]'];
    const parsed = parse({
      instructions: [{ name: 'playFiles', ids }],
      action: { name: 'park', introPrompt: ids[0], holdPrompt: ids[1] },
    });
    expect(kinds(parsed.steps)).toEqual(['playMedia', 'playMedia', 'playMedia', 'park']);
    expect(parsed.steps.at(-1)).toMatchObject({ prompts: [{ kind: 'playMedia', url: 'https://audio.example.com/b.wav' }] });
    expect(JSON.stringify(parsed)).not.toMatch(/hunter2|bob/);
  });

  it.each([
    [false, 'exact', false],
    ['false', 'converted', false],
    [true, 'exact', undefined],
  ])('barge %j says whether keys cut the prompt short', (barge, outcome, interrupts) => {
    const menus = [{ id: 'm', mainPrompt: '#tts[x]', options: [{ dtmf: 1, action: 'menu(nowhere)' }] }];
    const { accounting, flowState, steps } = parse({ action: { name: 'runMenu', barge, menus } });
    const [step] = steps;
    expect(step?.kind === 'collectDigits' && step.keysInterrupt).toBe(interrupts);
    expect(accounting.find(({ path }) => path === '/action/barge')).toMatchObject({ outcome });
    expect(JSON.parse(String(flowState?.['menu']))).toEqual({ id: 'm', maxDigits: 1, returns: {}, hasOptions: true });
  });

  it('leads from menu to menu, and repeats one that nothing valid was pressed in', () => {
    const application = fixtureApplication();
    const menus = [
      {
        id: 'main',
        mainPrompt: 'https://bob:hunter2@a.example/m.wav',
        repeatPrompt: '#tts[Again]',
        repeats: 1,
        options: [
          { dtmf: 1, action: 'menu(sub)' },
          { dtmf: 2, action: 'return(two)' },
        ],
      },
      { id: 'sub', mainPrompt: '#tts[Sub]', options: [{ dtmf: 3, action: 'return(three)' }] },
    ];
    const first = parse({ action: { name: 'runMenu', locale: 'en-US', mainMenu: 'main', menus } }, 'ice');
    expect(JSON.stringify(first)).not.toContain('hunter2');
    /** Presses a key (or none) and gives what follows: the next document, or what PIE tells. */
    const press = (digits: string, { steps, flowState }: ParsedDocument): unknown => {
      const [collect] = steps;
      if (collect?.kind !== 'collectDigits' || collect.next === null) throw new Error('no menu');
      const collected = { digits, finishKey: null };
      const context = { ...fixtureFlow(application), flowState, collected };
      const answer = sinchAdapter.answerItself?.(collect.next, context) ?? null;
      if (answer !== null) return parse(answer, 'pie', application);
      const { body } = sinchAdapter.renderFlowRequest(collect.next, context);
      return (JSON.parse(body ?? '{}') as { menuResult: unknown }).menuResult;
    };
    const prompted = (text: string) => ({ steps: [{ kind: 'collectDigits', prompts: [{ kind: 'speak', text }] }] });
    expect(press('2', first)).toMatchObject({ type: 'return', value: 'two', menuId: 'main' });
    const sub = press('1', first) as ParsedDocument;
    expect(sub).toMatchObject(prompted('Sub'));
    expect(press('3', sub)).toMatchObject({ type: 'return', value: 'three', menuId: 'sub' });
    expect(press('9', sub)).toMatchObject({ type: 'invalidinput', value: '9', menuId: 'sub' });
    const again = press('', first) as ParsedDocument;
    expect(again).toMatchObject(prompted('Again'));
    expect(press('1', again)).toMatchObject(prompted('Sub'));
    expect(press('', again)).toMatchObject({ type: 'timeout', menuId: 'main' });
    const quiet = parse({ action: { name: 'runMenu', menus } }, 'ice', fixtureApplication({}));
    expect(press('1', quiet)).toMatchObject(prompted('Sub'));
  });

  it('says of prompts and digits that they are heard', () => {
    const { accounting } = parse({
      instructions: [
        { name: 'say', text: 'x', locale: 'en-US' },
        { name: 'playFiles', ids: ['#tts[x]', 'https://a.example/x.wav'], locale: 'en-US' },
        { name: 'sendDtmf', value: '1' },
      ],
      action: { name: 'hangup' },
    });
    const outcomes = accounting.filter(({ to }) => to === 'steps').map(({ path, outcome }) => `${path} ${outcome}`);
    expect(outcomes).toEqual([
      '/instructions/0/name exact',
      '/instructions/0/text exact',
      '/instructions/0/locale exact',
      '/instructions/1/name exact',
      '/instructions/1/ids/0 exact',
      '/instructions/1/ids/1 exact',
      '/instructions/1/locale exact',
      '/instructions/2/name exact',
      '/instructions/2/value exact',
      '/action/name exact',
    ]);
  });

  it('limits what the vendor limits and asks for ACE when the callee answers', () => {
    expect(parse(fixtureText('park')).steps).toMatchObject([
      { kind: 'speak', text: 'Wait' },
      { kind: 'park', maxDurationMs: 600_000 },
    ]);
    const [connect] = parse({
      action: { name: 'connectSip', destination: { endpoint: 'a@b.c' }, maxDuration: 60 },
    }).steps;
    expect(connect).toMatchObject({ to: 'a@b.c', maxDurationMs: 60_000, next: { purpose: 'ace' } });
    expect(parse({ action: { name: 'connectPstn' } }).steps).toMatchObject([{ to: '+12017777777' }]);
  });

  it.each([
    [{ instructions: [{}] }, ['field.missing', 'name', '/instructions/0/name']],
    [{ instructions: ['say'] }, ['field.invalid', 'instructions', '/instructions/0']],
    [{ instructions: {} }, ['field.invalid', 'instructions', '/instructions']],
    [{ instructions: [{ name: 'say' }] }, ['field.missing', 'text', '/instructions/0/text']],
    [{ instructions: [{ name: 'sendDtmf', value: 'abc' }] }, ['field.invalid', 'value', '/instructions/0/value']],
    [{ action: { name: 'connectConf' } }, ['field.missing', 'conferenceId', '/action/conferenceId']],
    [
      { action: { name: 'connectConf', conferenceId: 'x'.repeat(129) } },
      ['field.invalid', 'conferenceId', '/action/conferenceId'],
    ],
    [{ action: { name: 'connectPstn', maxDuration: 1.5 } }, ['field.invalid', 'maxDuration', '/action/maxDuration']],
    [{ action: { name: 'connectPstn', maxDuration: '1e9' } }, ['field.invalid', 'maxDuration', '/action/maxDuration']],
    [{ action: { name: 'runMenu' } }, ['field.missing', 'menus', '/action/menus']],
  ])('refuses %j', (body, expected) => {
    expect(refusal(body)).toEqual(expected);
  });
});
