import { describe, expect, it } from '@jest/globals';
import type { ApplicationView, JsonObject } from '#libs/recording-model';
import {
  patchedNotes,
  readStorage,
  shownStorage,
  storageDocument,
  storageProbes,
  storageSettings,
  wantedForm,
} from './index.js';
import { mergeJson } from './kazoo.stored-recording.js';

describe('what a GET of a recording answers with (contract §4.3)', () => {
  it.each([
    [undefined, null, 'json'],
    ['', null, 'json'],
    ['*/*', null, 'json'],
    ['application/x-json', null, 'json'],
    ['AUDIO/MPEG', null, 'audio'],
    ['audio/*', null, 'audio'],
    ['audio/mp3;q=0.9, application/json;q=0.1', null, 'audio'],
    ['audio/mpeg;q=0.1, application/json', null, 'json'],
    ['audio/mpeg;q=0', null, null],
    ['text/html', null, null],
    ['application/json', 'audio/mpeg', 'audio'],
    ['audio/mpeg', 'application/json', 'json'],
    ['audio/wav', null, null],
    ['constructor', null, null],
  ])('Accept %p, ?accept= %p: %p', (accept, override, form) => {
    expect(wantedForm(accept, override)).toBe(form);
  });
});

describe('PATCH', () => {
  it('merges objects, replaces the rest and removes with null', () => {
    const before = { a: { b: 1, c: [1, 2] }, d: 'x' };
    expect(mergeJson(before, { a: { c: [3], b: null, e: {} }, d: { f: 1 } })).toEqual({
      a: { c: [3], e: {} },
      d: { f: 1 },
    });
    expect(before).toEqual({ a: { b: 1, c: [1, 2] }, d: 'x' });
  });

  it('takes __proto__ for a key like any other', () => {
    const merged = mergeJson({}, JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject);
    expect(Object.keys(merged)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('of notes leaves other notes alone', () => {
    expect(patchedNotes({ other: 1 }, { user_metadata: { a: 1 } })).toEqual({ other: 1, user_metadata: { a: 1 } });
    expect(() => patchedNotes({}, { user_metadata: [1] })).toThrow('validation error');
    expect(() => patchedNotes({}, { duration: 5 })).toThrow('validation error');
  });
});

describe('storage documents (contract §2.5)', () => {
  const ID = '403f90f67d1b71341f2ea6426eed3d90';
  const application = (document: JsonObject | null): ApplicationView => ({
    applicationId: 'app-1',
    tenantId: 'tenant-1',
    settings: { accountId: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5' },
    secrets: storageSettings(document),
  });
  const handler = (kind: string, settings: JsonObject): JsonObject => ({
    attachments: { [ID]: { handler: kind, settings } },
  });

  it.each([
    ['s3', { bucket: 'bucket', key: 'K', secret: 'S' }, { bucket: 'bucket', key: '***', secret: '***' }],
    ['azure', { account: 'a', container: 'c', key: 'K' }, { account: 'a', container: 'c', key: '***' }],
    ['google_storage', { bucket: 'bucket', access_token: 'T' }, { bucket: 'bucket', access_token: '***' }],
    ['http', { url: 'https://u:p@r.example.com/x' }, { url: 'https://***@r.example.com/x' }],
    ['http', { url: 'https://r.example.com/x', verb: 'post' }, { url: 'https://r.example.com/x', verb: 'post' }],
  ])('of %s are shown without credentials, and keep them when they come back so', (kind, settings, shown) => {
    const kept = readStorage(application(null), handler(kind, settings), null, 'replace');
    const view = application(kept);
    expect(storageDocument(view)).toEqual(kept);
    const seen = shownStorage(kept, view);
    expect(seen).toEqual({ ...handler(kind, shown), id: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5' });
    for (const how of ['replace', 'merge'] as const) expect(readStorage(view, seen, kept, how)).toEqual(kept);
  });

  it('do not lend the credentials of one handler to another', () => {
    const kept = readStorage(
      application(null),
      handler('s3', { bucket: 'bucket', key: 'K', secret: 'S' }),
      null,
      'replace',
    );
    const moved = {
      attachments: { ['f'.repeat(32)]: { handler: 's3', settings: { bucket: 'bucket', key: '***', secret: '***' } } },
    };
    const read = readStorage(application(kept), moved, kept, 'replace');
    expect(JSON.stringify(read)).not.toContain('"K"');
  });

  it('are probed below the folder of their handler, never above it', () => {
    const mark = 'a'.repeat(32);
    const probe = (kind: string, settings: JsonObject) => storageProbes(handler(kind, settings), () => mark)[0];
    const s3 = probe('s3', { bucket: 'bucket', key: 'K', secret: 'S', folder_base_path: '/calls/../2026/' });
    expect([s3?.target.name, s3?.text]).toEqual([
      `calls/2026/${mark}_test_credentials_file.txt`,
      `some random content: ${mark}`,
    ]);
    const http = probe('http', { url: 'https://r.example.com/x/', folder_base_path: 'a b' });
    expect(http?.target.name).toBe(`https://r.example.com/x/a%20b/${mark}_test_credentials_file.txt`);
  });

  it('go away when they are empty', () => {
    expect(storageDocument(application(null))).toBeNull();
  });
});
