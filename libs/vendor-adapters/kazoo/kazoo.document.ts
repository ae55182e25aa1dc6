import { REDACTED, RecgateError, type DocumentRole, type JsonValue } from '#libs/recording-model';
import { childPointer, isJsonObject, member, type JsonDocument } from '../shared/index.js';
import type { KazooScope } from './kazoo.scope.js';
import type { KazooSettings } from './kazoo.settings.js';

/** What a document is and where its root node stands. */
export interface KazooForm {
  readonly starter: 'callflow' | 'metaflow';
  readonly mode: 'saved' | 'raw';
  /** The callflow that holds `flow`, `name`, `numbers`; null for a bare node. */
  readonly callflowPointer: string | null;
  readonly flowPointer: string;
}

/** Members of a stored callflow beside its flow; the gateway is told which call runs it. */
const CALLFLOW_KEYS = [
  'numbers',
  'patterns',
  'featurecode',
  'flags',
  'metaflow',
  'metaflows',
  'owner_id',
  'group_id',
  'type',
  'contact_list',
  'ui_metadata',
  'id',
  'modules',
];
const ENVELOPE_KEYS = [
  'verb',
  'accept_charset',
  'ui_metadata',
  'request_id',
  'revision',
  'status',
  'node',
  'timestamp',
  'version',
  'id',
  'page_size',
];

/**
 * Tells stored callflows, bare nodes and metaflows apart (contract §1.1, §4.5).
 * @throws RecgateError `field.invalid` when a metaflow body asks for another action.
 */
export function formOf(document: JsonDocument, role: DocumentRole, settings: KazooSettings): KazooForm {
  if (role === 'metaflow')
    return { starter: 'metaflow', mode: 'raw', callflowPointer: null, flowPointer: metaflowPointer(document) };
  const stored = !isNode(document.value) && (role === 'saved' || flowHolder(document) !== null);
  const holder = stored ? (flowHolder(document) ?? (document.has('/data') ? '/data' : '')) : null;
  const flowPointer = holder === null ? '' : childPointer(holder, 'flow');
  const bySetting = settings.documentMode === 'auto' ? null : settings.documentMode;
  const mode = role === 'saved' ? 'saved' : (bySetting ?? (stored ? 'saved' : 'raw'));
  return { starter: 'callflow', mode, callflowPointer: holder, flowPointer };
}

/** Accounts for what stands around the nodes: envelope, name, numbers. */
export function accountSurroundings(form: KazooForm, scope: KazooScope): void {
  const take = (
    pointer: string,
    outcome: 'exact' | 'dropped',
    note: { to?: string; reason?: string; value?: JsonValue },
  ): void => {
    for (const leaf of scope.document.leafPointers(pointer)) {
      if (!scope.accounts.has(leaf)) scope.accounts.field(leaf, outcome, note);
    }
  };
  if (form.flowPointer === '') return;
  take('/auth_token', 'dropped', { reason: 'the door checks it', value: REDACTED });
  if (form.starter === 'metaflow') take('/action', 'exact', { to: 'step' });
  for (const key of ENVELOPE_KEYS) take(`/${key}`, 'dropped', { reason: 'part of the envelope' });
  const callflow = form.callflowPointer;
  if (callflow === null) return;
  take(childPointer(callflow, 'name'), 'exact', { to: 'spec.labels.origin' });
  for (const key of CALLFLOW_KEYS)
    take(childPointer(callflow, key), 'dropped', { reason: 'routing and bookkeeping of the stored callflow' });
}

/** The name of a stored callflow, or null. */
export function callflowNameOf(document: JsonDocument, form: KazooForm): string | null {
  const name = form.callflowPointer === null ? undefined : document.at(childPointer(form.callflowPointer, 'name'));
  return typeof name === 'string' && name !== '' ? name : null;
}

function flowHolder(document: JsonDocument): string | null {
  return ['/data', ''].find((pointer) => document.has(childPointer(pointer, 'flow'))) ?? null;
}

function metaflowPointer(document: JsonDocument): string {
  const body = document.value;
  if (!isJsonObject(body) || isNode(body)) return '';
  const action = member(body, 'action');
  if (action !== undefined && action !== 'metaflow') {
    const position = document.positionOf('/action');
    throw new RecgateError('field.invalid', 'The only action that carries a document is metaflow', {
      field: 'action',
      position,
    });
  }
  return '/data';
}

function isNode(value: JsonValue): boolean {
  return isJsonObject(value) && typeof member(value, 'module') === 'string';
}
