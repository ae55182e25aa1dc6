import type { FlowAction, RecordAction } from '#libs/recording-model';
import type { XmlElement } from '../shared/index.js';
import { openDataScope } from './kazoo.open-scope.js';
import { mapRecordCall } from './kazoo.request-mapper.js';
import { FieldReader } from './kazoo.scope.js';
import { TwimlAttributes } from './kazoo.twiml-attributes.js';
import { isRelative, requestOf, type TwimlScope } from './kazoo.twiml-scope.js';

/** The keys of `record_call` that attributes of `<Record>` are another name of (contract §3.3). */
const ATTRIBUTE_OF_KEY = { url: 'recordingUrl', method: 'recordStoreMethod', time_limit: 'maxLength' } as const;

const ANY_KEY = '0123456789*#';
/** Mean amplitude below which it is silent: that of `record_call` (contract §1.2 `silence_threshold`). */
const SILENCE_LEVEL = 200;

/**
 * `<Record>` (contract §3.3): the call is answered, and waits while the caller is recorded. The file goes where a
 * `record_call` would send it; `action` is asked when the recording has ended, unless nothing was heard.
 */
export function readTwimlRecord(element: XmlElement, scope: TwimlScope): readonly FlowAction[] {
  const attributes = new TwimlAttributes(element, scope.log);
  const { spec, secrets: stored } = asRecordCall(attributes, scope);
  const secrets: Record<string, string> = { ...stored };
  const silenceMs = attributes.seconds('timeout', 5, 'spec.silence');
  const next = requestOf(attributes, scope, secrets);
  const record: RecordAction = {
    kind: 'record',
    spec: {
      ...spec,
      mode: 'blocking',
      parties: 'caller',
      channels: 1,
      beep: attributes.flag('playBeep', true, 'spec.beep'),
      stopKeys: attributes.keys('finishOnKey', ANY_KEY, 'spec.stopKeys'),
      silence: silenceMs === 0 ? null : { initialMs: silenceMs, finalMs: silenceMs, level: SILENCE_LEVEL },
      continuation: next === null ? null : { onCompleted: next, onFailed: next, onlyWithAudio: true, requires: 'captured' },
    },
    secrets,
  };
  return [{ kind: 'answer' }, record];
}

/** What the same words make of a `record_call`; its warnings and accounting stand at the attributes. */
function asRecordCall(attributes: TwimlAttributes, scope: TwimlScope): RecordAction {
  const { log } = scope;
  const data: Record<string, string | number> = { record_sample_rate: 8000 };
  for (const [key, name] of Object.entries(ATTRIBUTE_OF_KEY)) {
    const value = attributes.find(name)?.value.trim();
    if (value !== undefined) data[key] = valueOf(key, value, scope);
  }
  // Its limit is 3600 s without maxLength, as that of a saved callflow.
  const inner = openDataScope(data, scope.context);
  const [record] = mapRecordCall(new FieldReader(inner, ''), inner);
  if (record?.kind !== 'record') throw new Error('A record_call without an action starts a recording');
  const accounting = inner.accounts.finish(inner.document.leafPointers());
  for (const [key, name] of Object.entries(ATTRIBUTE_OF_KEY)) {
    const attribute = attributes.find(name);
    for (const { path, line: _line, column: _column, ...entry } of accounting) {
      if (path !== `/${key}`) continue;
      if (attribute !== undefined) log.account(attribute.at, entry);
      else log.applyDefault(`${attributes.element.at.path}/@${name}`, entry.value ?? null, entry.to ?? '');
    }
    for (const { message, position } of inner.warnings) {
      if (position.path === `/${key}`) log.warn(message.replaceAll(key, name), attribute?.at ?? attributes.element.at);
    }
  }
  return record;
}

/** TwiML writes methods in upper case and addresses relative to the document. */
function valueOf(key: string, value: string, { documentUrl }: TwimlScope): string {
  if (key === 'method') return value.toLowerCase();
  if (key !== 'url' || value === '' || documentUrl === null || !isRelative(value)) return value;
  return URL.parse(value, documentUrl)?.href ?? value;
}
