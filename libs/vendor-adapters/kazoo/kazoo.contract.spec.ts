import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { DocumentRole } from '#libs/recording-model';
import { describeVendorAdapterContract, type VendorFixture } from '#libs/testing';
import { kazooAdapter } from './index.js';

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}.callflow`, import.meta.url), 'utf8');

const STORAGE_PLAN = JSON.stringify({
  attachments: {
    abcd: {
      handler: 's3',
      name: 'bucket',
      settings: {
        bucket: 'recordings',
        key: 'AKIAKEY',
        secret: 'planS3cret',
        host: 's3.local',
        port: 9000,
        scheme: 'http',
      },
    },
  },
  plan: {
    modb: { types: { call_recording: { attachments: { handler: 'abcd', params: { folder_path: '../calls' } } } } },
  },
});

const HOOKS = JSON.stringify([
  {
    name: 'all',
    hook: 'object',
    uri: 'https://jo:hookpass@app.example.com/kz',
    format: 'json',
    custom_data: { type: 'call_recording', action: 'all', tenant: 'blue' },
  },
  { name: 'all', hook: 'object', uri: 'https://app.example.com/get', http_verb: 'get' },
  {
    hook: 'object',
    uri: 'https://app.example.com/v2',
    format: 'json',
    version: 'v2',
    custom_data: { type: 'all', action: 'doc_edited' },
  },
]);

function document(name: string, role: DocumentRole = 'flow'): VendorFixture['document'] {
  return { body: fixture(name), role, url: 'https://app.example.com/callflow' };
}

describeVendorAdapterContract(kazooAdapter, [
  { name: 'a stored callflow', document: document('stored-callflow'), settings: { webhooks: HOOKS }, recordings: 1 },
  {
    name: 'credentials in the URL',
    document: document('pivot-children-without-branch'),
    documentSecrets: ['s3cr@t', 's3cr%40t'],
    settings: { webhookUri: 'https://app.example.com/hook', callflowUrl: 'https://app.example.com/first?x=1' },
    secrets: { callflowUserinfo: 'pivot:pw' },
    recordings: 1,
  },
  { name: 'every key', document: document('pivot-everything'), settings: { webhooks: HOOKS }, recordings: 1 },
  {
    name: 'every key on 5.x',
    document: document('pivot-everything'),
    settings: { version: '5.x', webhooks: HOOKS },
    recordings: 1,
  },
  { name: 'a blocking recording of the caller', document: document('record-caller'), recordings: 1 },
  { name: 'a metaflow', document: document('metaflow-start', 'metaflow'), recordings: 1 },
  {
    name: 'a storage plan',
    document: { body: '{"module":"record_call","data":{}}', role: 'flow', url: null },
    secrets: { storagePlan: STORAGE_PLAN },
    documentSecrets: ['AKIAKEY', 'planS3cret'],
    recordings: 1,
  },
  {
    name: 'nothing to store to',
    document: { body: '{"module":"record_call","data":{}}', role: 'flow', url: null },
    settings: { webhooks: HOOKS },
    recordings: 1,
  },
]);

describe('the page docs/kazoo.md', () => {
  const page = readFileSync(new URL('../../../docs/kazoo.md', import.meta.url), 'utf8');

  it.each(kazooAdapter.settings.map((setting) => [setting.key]))('explains the setting %s', (key) => {
    expect(page).toContain(`\`${key}\``);
  });

  it.each(kazooAdapter.capabilities.map((capability) => [capability.field]))('explains %s', (field) => {
    expect(page).toContain(`\`${field.replace(/^record_call\./, '')}\``);
  });
});
