import { RecgateError, type ApplicationView, type JsonObject, type JsonValue } from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { fail, joinPath, readObject, type Failures, type FieldRules } from './kazoo.field-rules.js';
import { isClientUrl } from './kazoo.schema.js';
import { kazooSettings, setting, settingError, type KazooSettings } from './kazoo.settings.js';

/** Where a call comes from or goes to: within the account, or outside of it. */
export type Network = 'onnet' | 'offnet';
export type Direction = 'inbound' | 'outbound';

/** Whose `call_recording` it is: the account's has a level `account`/`endpoint` above. */
export type CallRecordingOwner = 'account' | 'endpoint';

const DIRECTIONS = ['inbound', 'outbound', 'any'];
const NETWORKS = ['onnet', 'offnet', 'any'];
/** Largest setting, bytes of JSON: calls read it when they begin. */
const LARGEST = 262_144;

/** The application's settings of this kind, checked. */
export interface CallRecordings {
  /** Of the account itself, by direction and network. */
  readonly account: JsonObject;
  /** What holds for endpoints that have nothing of their own. */
  readonly endpoint: JsonObject;
  readonly users: JsonObject;
  readonly devices: JsonObject;
}

/**
 * The settings `callRecording`, `userCallRecording` and `deviceCallRecording`.
 * @throws RecgateError `field.invalid` naming setting and path of the first failure
 */
export function callRecordings(application: ApplicationView): CallRecordings {
  const settings = kazooSettings(application);
  const read = (key: CallRecordingKey, check: Check): JsonObject => {
    const value = settingValue(application, key);
    const failures: Failures = {};
    const checked = value === null ? {} : check(value, '', failures);
    const [path, rules] = Object.entries(failures)[0] ?? [];
    if (path === undefined) return checked;
    const field = ['settings', key, path].filter((part) => part !== '').join('.');
    const message = Object.values(rules ?? {}).map((rule) => member(rule, 'message')).find((text) => typeof text === 'string') ?? '';
    throw new RecgateError('field.invalid', `The setting ${field.slice('settings.'.length)}: ${message}`, { field });
  };
  const own = read('callRecording', (value, path, failures) => readCallRecordings(value, 'account', settings, path, failures));
  const byId: Check = (value, path, failures) =>
    members(value, null, path, failures, (each, at) => readCallRecordings(each, 'endpoint', settings, at, failures));
  return {
    account: objectIn(own, 'account'),
    endpoint: objectIn(own, 'endpoint'),
    users: read('userCallRecording', byId),
    devices: read('deviceCallRecording', byId),
  };
}

type CallRecordingKey = 'callRecording' | 'userCallRecording' | 'deviceCallRecording';
type Check = (value: JsonValue, path: string, failures: Failures) => JsonObject;

/**
 * One `call_recording` as it is kept: numbers and flags written as text are read as such, defaults are filled in, nothing
 * that the schema does not know may be there (contract §1.3). Adds what fails to `failures`, by dotted path.
 */
export function readCallRecordings(
  value: JsonValue,
  owner: CallRecordingOwner,
  settings: KazooSettings,
  path: string,
  failures: Failures,
): JsonObject {
  const rules = parameterRules(settings);
  const parameters: Check = (each, at) => readObject(members(each, Object.keys(rules), at, failures), rules, at, failures);
  const networks: Check = (each, at) => members(each, NETWORKS, at, failures, (of, below) => parameters(of, below, failures));
  const directions: Check = (each, at) => members(each, DIRECTIONS, at, failures, (of, below) => networks(of, below, failures));
  if (owner === 'endpoint') return directions(value, path, failures);
  return members(value, ['account', 'endpoint'], path, failures, (of, below) => directions(of, below, failures));
}

/** The entry that holds: the first level that has one, direction and network before `any`. */
export function entryOf(levels: readonly JsonObject[], direction: Direction, network: Network): JsonObject | null {
  for (const level of levels) {
    for (const towards of [direction, 'any']) {
      for (const within of [network, 'any']) {
        const entry = member(objectIn(level, towards), within);
        if (isJsonObject(entry)) return entry;
      }
    }
  }
  return null;
}

/** A member that is an object; an empty one where there is none. */
export function objectIn(object: JsonObject, key: string): JsonObject {
  const value = member(object, key);
  return isJsonObject(value) ? value : {};
}

function parameterRules({ version, urlBlacklist }: KazooSettings): FieldRules {
  const schemes = version === '4.3' ? ['http:', 'https:', 'ftp:'] : ['http:', 'https:'];
  return {
    enabled: { type: 'boolean' },
    format: { type: 'string', values: ['mp3', 'wav'] },
    record_min_sec: { type: 'integer' },
    record_on_answer: { type: 'boolean', default: false },
    record_on_bridge: { type: 'boolean', default: false },
    record_sample_rate: { type: 'integer' },
    time_limit: { type: 'integer', minimum: 5, maximum: 10_800, default: 3600 },
    url: {
      type: 'string',
      ...(version === '5.x' ? { minLength: 5 } : {}),
      check: (url) => (url === '' || isClientUrl(url, urlBlacklist, schemes) ? null : 'invalid client URL'),
    },
  };
}

/**
 * Reads an object member by member; members without a value are left out.
 * @param names those the schema defines; any other one is a failure. Null: every name is allowed
 * @param read reads the value of a member
 */
function members(
  value: JsonValue,
  names: readonly string[] | null,
  path: string,
  failures: Failures,
  read: (value: JsonValue, path: string) => JsonValue = (each) => each,
): JsonObject {
  if (!isJsonObject(value)) {
    fail(failures, path, 'type', 'Value did not match type(s): object', { target: 'object' });
    return {};
  }
  const present = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(
    present.map(([name, each]) => {
      const at = joinPath(path, name);
      if (names === null || names.includes(name)) return [name, read(each, at)];
      const message = 'Strict checking of data is enabled; only include schema-defined properties';
      fail(failures, at, 'additionalProperties', message, {});
      return [name, each];
    }),
  );
}

function settingValue(application: ApplicationView, key: CallRecordingKey): JsonValue | null {
  const text = setting(application, key);
  if (text === null) return null;
  try {
    return parseJsonDocument(text, { maxBytes: LARGEST }).value;
  } catch (error) {
    if (error instanceof RecgateError) throw settingError(key, `is not JSON of at most ${LARGEST} bytes`);
    throw error;
  }
}
