import { describe, expect, it } from '@jest/globals';
import type { ParsedDocument } from '#libs/recording-model';
import { SAMPLE_CALL, seededIdSource } from '#libs/testing';
import { kazooAdapter } from './index.js';

function parse(node: object, role: 'flow' | 'metaflow' = 'flow'): ParsedDocument {
  const application = { applicationId: 'app-1', tenantId: 'tenant-1', settings: {}, secrets: {} };
  const context = { application, call: SAMPLE_CALL, ids: seededIdSource(1), now: new Date(0) };
  return kazooAdapter.parse({ body: JSON.stringify(node), role, url: null }, context);
}

describe('other modules', () => {
  const first = (module: string, data: object) =>
    parse({ module, data, children: { _: { module: 'sleep', data: {} } } });

  it.each([
    ['user', { id: 'u1' }, { kind: 'connect', to: 'u1', conference: false }],
    ['conference', { id: 'c1' }, { kind: 'connect', to: 'c1', conference: true }],
    ['resources', { to_did: '+1555' }, { kind: 'connect', to: '+1555' }],
    ['offnet', {}, { kind: 'connect', to: SAMPLE_CALL.to }],
    [
      'play',
      { id: 'https://jo:pw@m.example.com/a.wav' },
      { kind: 'playMedia', url: 'https://m.example.com/a.wav', userinfo: { secret: '/data/id' } },
    ],
    ['play', { id: '0123456789abcdef' }, { kind: 'skipped', name: 'play' }],
    ['tts', { text: 'hello', language: 'en-us' }, { kind: 'speak', text: 'hello', language: 'en-us', voice: null }],
    ['sleep', { duration: 2 }, { kind: 'wait', durationMs: 2000 }],
    ['sleep', { duration: 2, unit: 'm' }, { kind: 'wait', durationMs: 120_000 }],
    ['sleep', { duration: 2e9, unit: 'h' }, { kind: 'wait', durationMs: 86_400_000 }],
    [
      'collect_dtmf',
      { max_digits: 4, terminator: '*' },
      { kind: 'collectDigits', maxDigits: 4, finishKeys: '*', timeoutMs: 5000 },
    ],
    ['voicemail', { id: 'v' }, { kind: 'skipped', name: 'voicemail' }],
    ['menu', { id: 'm' }, { kind: 'skipped', name: 'menu' }],
  ])('%s %j', (module, data, step) => {
    const { steps } = first(module, data);
    expect(steps[0]).toMatchObject(step);
    expect(steps).toHaveLength(2);
  });

  it.each([
    ['hangup', {}, { kind: 'hangup' }],
    ['response', { code: 486 }, { kind: 'reject' }],
    [
      'pivot',
      { voice_url: 'https://jo:pw@p.example.com/x', method: 'post' },
      {
        kind: 'fetch',
        request: {
          purpose: 'voice_url',
          url: 'https://p.example.com/x',
          method: 'POST',
          userinfo: { secret: '/data/voice_url' },
        },
      },
    ],
  ])('%s ends the flow', (module, data, step) => {
    const { steps, accounting, secrets } = first(module, data);
    expect(steps).toEqual([expect.objectContaining(step)]);
    expect(accounting.find((entry) => entry.path === '/children/_/module')).toMatchObject({
      outcome: 'dropped',
      reason: 'never reached',
    });
    expect(secrets).toEqual(module === 'pivot' ? { '/data/voice_url': 'jo:pw' } : {});
  });

  it('shows no credentials of any field', () => {
    const { accounting } = first('webhook', {
      uri: 'https://jo:pw@x.example.com/',
      api_key: 'canary',
      user: { pin: 'canary' },
    });
    expect(JSON.stringify(accounting)).not.toMatch(/canary|pw/);
  });
});

describe('a callflow module', () => {
  it('branches to the stored callflow, and then to its child', () => {
    const { steps } = parse({ module: 'callflow', data: { id: 'c1' }, children: { _: { module: 'sleep', data: {} } } });
    const to = { by: 'id', collection: 'kazoo.callflows', id: 'c1', role: 'saved' };
    expect(steps).toEqual([
      { at: expect.anything(), kind: 'branch', to, otherwise: [] },
      expect.objectContaining({ kind: 'wait' }),
    ]);
  });

  it('that names none is skipped', () => {
    expect(parse({ module: 'callflow', data: {} }).steps[0]).toMatchObject({ kind: 'skipped', name: 'callflow' });
  });
});

describe('whom a module calls', () => {
  it.each([
    ['user', ['user/x', 'account']],
    ['device', ['device/x', 'account']],
    ['ring_group', undefined],
  ])('%s', (module, owners) => {
    const [step] = parse({ module, data: { id: 'x' } }).steps;
    expect(step?.kind === 'connect' ? step.owners : null).toEqual(owners);
  });
});

describe('modules of metaflows', () => {
  const byNumber = (number: string) => ({ kind: 'branch', to: { by: 'number', number } });

  it.each([
    ['break', {}, [{ kind: 'breakOff' }]],
    ['hangup', {}, [{ kind: 'hangup' }]],
    ['tts', { text: 'recording' }, [{ kind: 'speak', text: 'recording' }]],
    ['callflow', { id: 'c1' }, [{ kind: 'branch', to: { by: 'id', id: 'c1' }, otherwise: [] }]],
    ['callflow', { collected: '3000' }, [{ ...byNumber('3000'), otherwise: [] }]],
    ['callflow', { captures: ['3001'], collected: '*3001' }, [byNumber('3001')]],
    [
      'transfer',
      { target: '2600' },
      [
        { kind: 'replaceParty', unlessBridged: false },
        { ...byNumber('2600'), otherwise: [{ kind: 'connect', to: '2600' }] },
      ],
    ],
    [
      'intercept',
      { target_type: 'user', target_id: 'u1' },
      [
        { kind: 'replaceParty', unlessBridged: true },
        { kind: 'connect', to: 'u1', owners: ['user/u1', 'account'] },
      ],
    ],
    [
      'intercept',
      { target_type: 'device', target_id: 'd1', unbridged_only: 'false' },
      [{ kind: 'replaceParty', unlessBridged: false }, { kind: 'connect' }],
    ],
    ['hold', {}, [{ kind: 'skipped', name: 'hold' }]],
    ['transfer', {}, [{ kind: 'skipped', name: 'transfer' }]],
  ])('%s %j', (module, data, steps) => {
    const read = parse({ module, data }, 'metaflow');
    expect(read.steps).toMatchObject(steps);
    expect(read.accounting.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
  });

  it('are none of callflows', () => {
    const { accounting, warnings } = parse({ module: 'break', data: {} });
    expect(accounting).toContainEqual(expect.objectContaining({ path: '/module', outcome: 'unknown' }));
    expect(warnings.map(({ message }) => message)).toEqual(['The module "break" is skipped: there is no such module']);
  });
});
