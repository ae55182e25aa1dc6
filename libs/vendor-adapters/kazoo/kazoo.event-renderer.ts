import type {
  JsonObject,
  JsonValue,
  RecordingEvent,
  RenderContext,
  RenderedNotification,
  WireRequest,
} from '#libs/recording-model';
import { kazooFacts, kazooRecordingDocument } from './kazoo.recording-document.js';
import { databaseOf } from './kazoo.names.js';
import { kazooSettings, hexDigest } from './kazoo.settings.js';
import { gregorianSeconds } from './kazoo.time.js';
import {
  documentChanges,
  hookOf,
  toldBy,
  wants,
  webhooksOf,
  type DocumentChange,
  type Webhook,
} from './kazoo.webhooks.js';

/** The `object` webhooks of one event, hook by hook (contract §3.1). Kazoo has no other recording callback. */
export function renderKazooEvent(event: RecordingEvent, context: RenderContext): readonly RenderedNotification[] {
  const { recording, application } = context;
  if (context.fallback || recording.spec.destination.kind === 'none') return [];
  const hooks = webhooksOf(application);
  const changes = documentChanges(event.name, kazooSettings(application).version);
  return recording.spec.subscriptions.flatMap((subscription) => {
    const hook = hookOf(hooks, subscription.name);
    if (hook === undefined || subscription.url === null) return [];
    const change = changes.filter((each) => wants(hook, each))[toldBy(subscription.name).change];
    if (change === undefined) return [];
    const address = { url: subscription.url, userinfo: subscription.userinfo };
    const request = webhookRequest(hook, address, payloadOf(change, hook, event, context), context);
    return [{ subscription: subscription.name, purpose: 'webhook', request }];
  });
}

function payloadOf(change: DocumentChange, hook: Webhook, event: RecordingEvent, context: RenderContext): JsonObject {
  const { accountId, recordingId } = kazooFacts(context.recording, context.application);
  if (hook.version === 'v2') return payloadV2(change, event, context);
  const { clusterId } = kazooSettings(context.application);
  return {
    id: recordingId,
    account_id: accountId,
    action: change,
    type: 'call_recording',
    ...(clusterId === null ? {} : { cluster_id: clusterId }),
    ...hook.customData,
  };
}

/** The 5.x form, which carries the document. */
function payloadV2(
  change: DocumentChange,
  event: RecordingEvent,
  { recording, application }: RenderContext,
): JsonObject {
  const facts = kazooFacts(recording, application);
  return {
    action: 'event',
    name: change,
    type: 'call_recording',
    is_soft_deleted: change === 'doc_deleted',
    account_id: facts.accountId,
    database: databaseOf(facts),
    id: facts.recordingId,
    event_name: change,
    event_category: 'configuration',
    timestamp: String(gregorianSeconds(event.at)),
    data: {
      metadata: { created: String(gregorianSeconds(recording.createdAt)) },
      doc: kazooRecordingDocument(recording, application),
    },
  };
}

function webhookRequest(
  hook: Webhook,
  address: Pick<WireRequest, 'url' | 'userinfo'>,
  payload: JsonObject,
  { recording, application }: RenderContext,
): WireRequest {
  const { accountId } = kazooFacts(recording, application);
  const headers = { 'X-Hook-ID': headerText(hook.id), 'X-Account-ID': headerText(accountId), ...hook.headers };
  if (hook.method === 'GET') {
    const mark = address.url.includes('?') ? '&' : '?';
    return { ...address, method: 'GET', url: `${address.url}${mark}${formFields(payload)}`, headers, body: null };
  }
  const json = hook.format === 'json';
  return {
    ...address,
    method: hook.method,
    headers: { ...headers, 'Content-Type': json ? 'application/json' : 'application/x-www-form-urlencoded' },
    body: json ? JSON.stringify(payload, null, 2) : formFields(payload),
  };
}

/** Header values must be plain ASCII; an id that is not is sent as its digest. */
function headerText(id: string): string {
  return /^[\x21-\x7e]*$/.test(id) ? id : hexDigest(id);
}

/** Form fields of a payload; nested objects as `data[doc][id]`. */
function formFields(payload: JsonObject): string {
  const form = new URLSearchParams();
  const add = (name: string, value: JsonValue): void => {
    if (typeof value !== 'object' || value === null) return form.append(name, String(value ?? ''));
    for (const [key, each] of Object.entries(value)) add(`${name}[${key}]`, each);
  };
  for (const [key, value] of Object.entries(payload)) add(key, value);
  return form.toString();
}
