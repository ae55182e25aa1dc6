import type { JsonObject } from '#libs/recording-model';

/** Bitrates that a file may be wanted in, kbit/s (contract §4.4). */
const BITRATES = [8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;

/** Kinds of content that a container may allow or block (contract §4.3). */
export const CLASSIFICATIONS = ['archive', 'document', 'executable', 'media', 'unknown'] as const;
export type Classification = (typeof CLASSIFICATIONS)[number];

/** Largest text of a field. */
export const MOST_TEXT = 1024;

/** What a field of the Storage API may hold. A numeric text is taken as the number (contract §4.3). */
export type FieldRule =
  | { readonly kind: 'integer'; readonly min: number; readonly nullable: boolean; readonly oneOf?: readonly number[] }
  | { readonly kind: 'text'; readonly max: number; readonly nullable: boolean; readonly oneOf?: readonly string[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'classifications' }
  | { readonly kind: 'object' };

const integer = (min: number, nullable = false): FieldRule => ({ kind: 'integer', min, nullable });
const key: FieldRule = { kind: 'integer', min: -Number.MAX_SAFE_INTEGER, nullable: true };
const text = (nullable = false, max = MOST_TEXT): FieldRule => ({ kind: 'text', max, nullable });
const flag: FieldRule = { kind: 'flag' };
const word = (...oneOf: readonly string[]): FieldRule => ({ kind: 'text', max: MOST_TEXT, nullable: false, oneOf });

const LIFECYCLE_ACTIONS = ['no_action', 'delete'] as const;
const PUBLISH_WAYS = ['file_sid', 'file_access_name'] as const;

const KEYS: Readonly<Record<string, FieldRule>> = {
  integer_key_1: key,
  integer_key_2: key,
  string_key_1: text(true),
  string_key_2: text(true),
  string_key_3: text(true),
  string_key_4: text(true),
};

const NO_KEYS = {
  integer_key_1: null,
  integer_key_2: null,
  string_key_1: null,
  string_key_2: null,
  string_key_3: null,
  string_key_4: null,
} as const satisfies JsonObject;

/** Fields of a container that may be written, quotas apart (contract §4.3). */
export const CONTAINER_FIELDS: Readonly<Record<string, FieldRule>> = {
  ...KEYS,
  name: text(),
  type: text(),
  partner_sid: text(true),
  parent_container_sid: text(true),
  external_attributes: { kind: 'object' },
  unique: flag,
  allow_publish: flag,
  publish_domain: text(),
  allowed_classifications: { kind: 'classifications' },
  blocked_classifications: { kind: 'classifications' },
  default_file_lifecycle_action: word(...LIFECYCLE_ACTIONS),
  default_file_lifecycle_ttl: integer(-1),
  default_file_publish: word(...PUBLISH_WAYS),
  default_file_threshold_include: flag,
  default_file_unique: flag,
  encrypted: flag,
  threshold_action: text(true),
  threshold_available_bytes_percent: integer(0, true),
  threshold_available_files_percent: integer(0, true),
  threshold_bytes: integer(0, true),
  threshold_bytes_target: integer(0, true),
  threshold_files: integer(0, true),
  threshold_files_target: integer(0, true),
  threshold_grace_period: integer(0),
};

/** What a container is made with (contract §4.3). */
export const CONTAINER_DEFAULTS = {
  ...NO_KEYS,
  name: 'N/A',
  type: 'internal',
  partner_sid: null,
  parent_container_sid: null,
  external_attributes: {},
  unique: false,
  allow_publish: true,
  publish_domain: 'https://storage.carrierx.com',
  allowed_classifications: [...CLASSIFICATIONS],
  blocked_classifications: [],
  default_file_lifecycle_action: 'no_action',
  default_file_lifecycle_ttl: -1,
  default_file_publish: 'file_sid',
  default_file_threshold_include: true,
  default_file_unique: false,
  encrypted: false,
  threshold_action: null,
  threshold_available_bytes_percent: null,
  threshold_available_files_percent: null,
  threshold_bytes: null,
  threshold_bytes_target: null,
  threshold_files: null,
  threshold_files_target: null,
  threshold_grace_period: 0,
} as const satisfies JsonObject;

/** Quotas of a container that names none (contract §4.3). */
export const DEFAULT_QUOTA = { bytes: 1_073_741_824, files: 100 } as const;

/** Both names of the quota in files are taken (contract §2.5 row 13). */
export const QUOTA_FIELDS: Readonly<Record<string, 'bytes' | 'files'>> = {
  quota_bytes: 'bytes',
  quota_files: 'files',
  quota_count: 'files',
};

/** Fields of a file that may be written (contract §4.4). */
export const FILE_FIELDS: Readonly<Record<string, FieldRule>> = {
  ...KEYS,
  name: text(),
  file_access_name: text(true, 255),
  partner_sid: text(true),
  parent_file_sid: text(true),
  desired_format: text(true),
  desired_bitrate: { kind: 'integer', min: 8, nullable: true, oneOf: BITRATES },
  mime_type: text(false, 255),
  lifecycle_action: word(...LIFECYCLE_ACTIONS),
  lifecycle_ttl: integer(-1),
  publish: word(...PUBLISH_WAYS),
  threshold_include: flag,
  unique: flag,
};

/** What a file is made with (contract §4.4). */
export const FILE_DEFAULTS = {
  ...NO_KEYS,
  file_access_name: null,
  parent_file_sid: null,
  desired_format: null,
  desired_bitrate: null,
} as const satisfies JsonObject;
