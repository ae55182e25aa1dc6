import type { JsonObject, ParseContext } from '#libs/recording-model';
import { AccountingCollector, parseJsonDocument, type JsonDocument } from '../shared/index.js';
import type { KazooScope } from './kazoo.scope.js';
import { kazooSettings } from './kazoo.settings.js';
import { storagePlan } from './kazoo.storage-plan.js';
import { webhooksOf } from './kazoo.webhooks.js';

type Form = Pick<KazooScope, 'mode' | 'starter' | 'callflowName'>;

/** What follows from a document and its application, for one reading of it. */
export function openScope(
  document: JsonDocument,
  context: ParseContext,
  { mode, starter, callflowName }: Form,
  settings = kazooSettings(context.application),
): KazooScope {
  return {
    document,
    accounts: new AccountingCollector(document),
    warnings: [...document.warnings],
    context,
    settings,
    storagePlan: storagePlan(context.application),
    webhooks: webhooksOf(context.application),
    mode,
    starter,
    callflowName,
    secrets: {},
  };
}

/** For the data of a `record_call` that stands in no callflow: it is read as one that was saved. */
export function openDataScope(data: JsonObject, context: ParseContext): KazooScope {
  const document = parseJsonDocument(JSON.stringify(data));
  return openScope(document, context, { mode: 'saved', starter: 'callflow', callflowName: null });
}
