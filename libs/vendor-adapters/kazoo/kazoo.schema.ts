import ipaddr from 'ipaddr.js';
import type { JsonValue } from '#libs/recording-model';
import type { KazooVersion } from './kazoo.settings.js';

/** A property of a callflow action schema, as far as Kazoo checks it (contract §5). */
export interface PropertyRule {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly values?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly default?: JsonValue;
  /** Kazoo's own check beyond the schema: scheme and host of a URL. */
  readonly clientUrl?: boolean;
}

export type ActionSchema = Readonly<Record<string, PropertyRule>>;

const TEXT = { type: 'string' } as const;
const INTEGER = { type: 'integer' } as const;
const FLAG = { type: 'boolean' } as const;
const FORMAT = { type: 'string', values: ['mp3', 'wav'] } as const;
const METHOD = { type: 'string', values: ['put', 'post'], default: 'put' } as const;
const TIME_LIMIT = { type: 'integer', minimum: 5, maximum: 10_800, default: 3600 } as const;
const URL_TEXT = { type: 'string', clientUrl: true } as const;

const RECORDING = {
  format: FORMAT,
  label: TEXT,
  media_name: TEXT,
  origin: TEXT,
  method: METHOD,
  record_min_sec: INTEGER,
  record_sample_rate: INTEGER,
  record_on_answer: { type: 'boolean', default: false },
  record_on_bridge: { type: 'boolean', default: false },
  should_follow_transfer: { type: 'boolean', default: true },
  skip_module: FLAG,
  time_limit: TIME_LIMIT,
  url: URL_TEXT,
} as const satisfies ActionSchema;

const RECORD_CALL = {
  action: { type: 'string', values: ['start', 'stop'], default: 'start' },
  ...RECORDING,
} as const satisfies ActionSchema;

const KAZOO_5_ADDITIONS = {
  media_id: TEXT,
  silence_detection: FLAG,
  silence_final_timeout: INTEGER,
  silence_initial_timeout: INTEGER,
  silence_threshold: INTEGER,
  url: { ...URL_TEXT, minLength: 5 },
} as const satisfies ActionSchema;

const RECORD_CALLER = {
  format: FORMAT,
  method: METHOD,
  time_limit: TIME_LIMIT,
  url: URL_TEXT,
  skip_module: FLAG,
} as const;

const OTHER: ActionSchema = { skip_module: FLAG };

/** The schema of a module's `data`; modules that do not record are only checked for what the flow itself reads. */
export function actionSchema(module: string, version: KazooVersion): ActionSchema {
  if (module === 'record_call') return version === '5.x' ? { ...RECORD_CALL, ...KAZOO_5_ADDITIONS } : RECORD_CALL;
  if (module !== 'record_caller') return OTHER;
  return version === '5.x' ? { ...RECORDING, ...KAZOO_5_ADDITIONS } : RECORD_CALLER;
}

/** Whole number, also written as text ("1200"): the validator coerces unless it is strict (contract §4.4). */
export function asInteger(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** Boolean, also written as text. */
export function asFlag(value: JsonValue | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** Whether what is saved may name this URL: http or https, host not blacklisted (contract §1.2 `url`). */
export function isClientUrl(
  text: string,
  blacklist: readonly string[],
  schemes: readonly string[] = ['http:', 'https:'],
): boolean {
  const url = URL.parse(text);
  if (url === null || !schemes.includes(url.protocol) || url.hostname === '') return false;
  return !blacklist.some((network) => hostIsIn(url.hostname, network));
}

function hostIsIn(hostname: string, network: string): boolean {
  const host = hostname === 'localhost' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '');
  if (host === network) return true;
  // Of the hosts a URL can hold only these are addresses; the others need no parsing.
  if (!/^[\d.]+$|:/.test(host) || !ipaddr.isValid(host) || !ipaddr.isValidCIDR(network)) return false;
  const address = ipaddr.process(host);
  const [range, bits] = ipaddr.parseCIDR(network);
  return address.kind() === range.kind() && address.match(range, bits);
}
