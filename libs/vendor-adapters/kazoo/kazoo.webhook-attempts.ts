import type { ApplicationView, FailedAttempt, FailedNotifications, JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { hexDigest } from './kazoo.settings.js';
import type { ListKey } from './kazoo.list-query.js';
import { GREGORIAN_OFFSET, gregorianSeconds } from './kazoo.time.js';
import { webhookSettings, withDisabled } from './kazoo.webhook-objects.js';
import { hookOf, webhooksOf } from './kazoo.webhooks.js';

/** So many failures in so long a time switch a webhook off (contract §3.1). */
const MOST_FAILURES = 6;
const FAILURE_WINDOW_MS = 60_000;
/** How many failed attempts of each webhook are kept. */
const KEPT_ATTEMPTS = 100;

/** Collection of the failed attempts, one document for each webhook. */
export const WEBHOOK_ATTEMPTS = 'kazoo.webhook_attempts';

/** Failed attempts are written down; a webhook that fails too often is switched off, with a reason (contract §3.1). */
export const failedWebhooks: FailedNotifications = {
  collection: WEBHOOK_ATTEMPTS,
  documentOf: (application, subscription) => hookOf(webhooksOf(application), subscription)?.id ?? null,
  note: (application, failed, body) => ({
    attempts: [attemptOf(application, failed), ...attemptsIn(body)].slice(0, KEPT_ATTEMPTS),
    failures: [...failuresIn(body), Date.parse(failed.attempt.at)].slice(-MOST_FAILURES),
  }),
  consequences: switchedOff,
};

/** The failed attempts in a document of the collection, newest first. */
export function attemptsIn(body: JsonObject | null): readonly JsonObject[] {
  const list = body === null ? undefined : member(body, 'attempts');
  return Array.isArray(list) ? (list as readonly JsonValue[]).filter((each) => isJsonObject(each)) : [];
}

/** Where an attempt stands in listings. */
export function attemptKey(attempt: JsonObject): ListKey {
  const timestamp = Number(member(attempt, 'timestamp') ?? 0);
  return { at: (timestamp - GREGORIAN_OFFSET) * 1000, id: hexDigest(JSON.stringify(attempt)) };
}

/** The document of a webhook that was switched on again: what failed before counts no longer. */
export function forgivenFailures(body: JsonObject): JsonObject {
  return { ...body, failures: [] };
}

function switchedOff(
  application: ApplicationView,
  hookId: string,
  body: JsonObject,
): Readonly<Record<string, string>> | null {
  const failures = failuresIn(body);
  const [first] = failures;
  const last = failures.at(-1);
  if (failures.length < MOST_FAILURES || first === undefined || last === undefined) return null;
  if (last - first > FAILURE_WINDOW_MS) return null;
  const hooks = withDisabled(application, hookId, 'too many failed attempts');
  return hooks === null ? null : webhookSettings(hooks);
}

function attemptOf(application: ApplicationView, { attempt, attemptsSoFar, documentId }: FailedAttempt): JsonObject {
  const { at, status, error, responseExcerpt } = attempt;
  const tries = webhooksOf(application).find(({ id }) => id === documentId)?.tries ?? 1;
  const left = Math.max(0, tries - attemptsSoFar);
  const common = { hook_id: documentId, result: 'failure', timestamp: gregorianSeconds(at), 'retries left': left };
  if (status === null) return { ...common, reason: 'kazoo http client error', client_error: error ?? 'unknown' };
  const answer = { response_code: String(status), response_body: responseExcerpt };
  return { ...common, reason: 'bad response code', ...answer };
}

function failuresIn(body: JsonObject | null): readonly number[] {
  const list = body === null ? undefined : member(body, 'failures');
  return Array.isArray(list) ? list.filter((each): each is number => typeof each === 'number') : [];
}
