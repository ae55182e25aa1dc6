import { describe, expect, it } from '@jest/globals';
import { RecgateError, type DocumentRole, type FlowStep, type ParsedDocument } from '#libs/recording-model';
import { fixtureApplication, fixtureContext, fixtureText, sinchDocument } from './sinch.fixtures.js';
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
    expect(JSON.stringify(parsed)).not.toMatch(/hunter2|bob/);
  });

  it.each([
    [false, 'dropped'],
    ['false', 'dropped'],
    [true, 'exact'],
  ])('barge %j is %s: keys always cut the prompt short', (barge, outcome) => {
    const menus = [{ id: 'm', mainPrompt: '#tts[x]', options: [{ dtmf: 1, action: 'menu(sub)' }] }];
    const { accounting, flowState } = parse({ action: { name: 'runMenu', barge, menus } });
    expect(accounting.find(({ path }) => path === '/action/barge')).toMatchObject({ outcome });
    expect(JSON.parse(String(flowState?.['menu']))).toEqual({ id: 'm', maxDigits: 1, returns: {}, hasOptions: true });
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
