import type { ApplicationView, JsonObject } from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { accountDocument } from './kazoo.auth.js';
import { mergeDocument } from './kazoo.callflows.js';
import { readCallRecordings } from './kazoo.call-recording-settings.js';
import { validationError } from './kazoo.crossbar-error.js';
import type { Failures } from './kazoo.field-rules.js';
import { kazooSettings, setting } from './kazoo.settings.js';

/** Whose document it is; the account has one, users and devices one for each id. */
export type DocumentOwner = { readonly kind: 'account' } | { readonly kind: 'user' | 'device'; readonly id: string };

const SETTINGS = { account: 'callRecording', user: 'userCallRecording', device: 'deviceCallRecording' } as const;

/** Users, or devices, that may have a `call_recording` of their own. */
const MOST_OWNERS = 1000;

/** The document of an account, user or device with its `call_recording`; null for users and devices that have none. */
export function ownerDocument(application: ApplicationView, owner: DocumentOwner): JsonObject | null {
  const written = stored(application, owner);
  const calls = written === null ? {} : { call_recording: written };
  if (owner.kind === 'account') return { ...accountDocument(application), ...calls };
  return written === null ? null : { id: owner.id, ...calls };
}

/**
 * The settings that a written document comes to; of its members `call_recording` counts. Without it, `replace` takes what
 * there was away.
 * @throws CrossbarError `validation error` with all failures together
 */
export function ownerSettings(
  application: ApplicationView,
  owner: DocumentOwner,
  data: JsonObject,
  how: 'replace' | 'merge',
): Readonly<Record<string, string>> {
  const before = stored(application, owner);
  const failures: Failures = {};
  const merged = how === 'merge' ? mergeDocument(before === null ? {} : { call_recording: before }, data) : data;
  const written = member(merged, 'call_recording');
  const level = owner.kind === 'account' ? 'account' : 'endpoint';
  const checked =
    written === undefined || written === null
      ? null
      : readCallRecordings(written, level, kazooSettings(application), 'call_recording', failures);
  if (Object.keys(failures).length > 0) throw validationError(failures);
  if (owner.kind === 'account') return { callRecording: checked === null ? '' : JSON.stringify(checked) };
  const others = new Map(Object.entries(all(application, owner.kind)));
  if (checked === null) others.delete(owner.id);
  else others.set(owner.id, checked);
  if (others.size > MOST_OWNERS) {
    const message = `an account has call_recording for at most ${MOST_OWNERS} ${owner.kind}s`;
    throw validationError({ call_recording: { maxItems: { message } } });
  }
  return { [SETTINGS[owner.kind]]: JSON.stringify(Object.fromEntries(others)) };
}

function stored(application: ApplicationView, owner: DocumentOwner): JsonObject | null {
  if (owner.kind !== 'account') {
    const found = member(all(application, owner.kind), owner.id);
    return isJsonObject(found) ? found : null;
  }
  return setting(application, 'callRecording') === null ? null : all(application, 'account');
}

function all(application: ApplicationView, kind: DocumentOwner['kind']): JsonObject {
  const text = setting(application, SETTINGS[kind]);
  const value = text === null ? null : parseJsonDocument(text).value;
  return isJsonObject(value) ? value : {};
}
