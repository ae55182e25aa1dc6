import type { ApplicationView, FileCatalogueRules, JsonObject, RecordingView } from '#libs/recording-model';
import { CONTAINER_DEFAULTS, FILE_DEFAULTS } from './flexml.storage-fields.js';
import { positiveSettingOf, settingOf } from './flexml.settings.js';

/** The collections of the Storage API's documents (contract §4). */
export const FLEXML_COLLECTIONS = {
  containers: 'flexml.containers',
  files: 'flexml.files',
  owners: 'flexml.sids',
} as const;

/** How the Storage API keeps book of recordings (contract §2.1, §4.6). */
export const flexmlCatalogue: FileCatalogueRules = {
  collections: FLEXML_COLLECTIONS,
  defaultContainer: (application) => settingOf(application, 'containerSid'),
  firstContainer: (application) => ({
    quotaBytes: positiveSettingOf(application, 'defaultQuotaBytes'),
    quotaFiles: positiveSettingOf(application, 'defaultQuotaFiles'),
    fields: { ...newContainerFields(application), name: 'Default' },
  }),
  fileFields: recordedFileFields,
  keepSeconds,
};

/** The fields of a new container; its links lie where the application's recordings do (contract §4.3). */
export function newContainerFields(application: ApplicationView): JsonObject {
  const publishDomain = settingOf(application, 'storageUrl') ?? CONTAINER_DEFAULTS.publish_domain;
  return { ...CONTAINER_DEFAULTS, partner_sid: settingOf(application, 'partnerSid'), publish_domain: publishDomain };
}

/** Keys and lifecycle come from the attributes of Record; what it does not say, the container does (contract §2.5 row 10). */
function recordedFileFields({ spec }: RecordingView, container: JsonObject | null): JsonObject {
  const { retention, labels, format } = spec;
  const lifecycle = retention === null ? {} : lifecycleOf(retention.ttlSeconds);
  const own = { ...lifecycle, ...labels };
  return container === null ? own : { ...fileFieldsIn(container), ...own, name: `recording.${format.extension}` };
}

function lifecycleOf(ttlSeconds: number): JsonObject {
  return { lifecycle_action: ttlSeconds < 0 ? 'no_action' : 'delete', lifecycle_ttl: ttlSeconds };
}

/** `no_action` and -1 keep a file for ever (contract §4.4). */
export function keepSeconds(fields: JsonObject): number | null {
  const ttl = fields['lifecycle_ttl'];
  return fields['lifecycle_action'] === 'delete' && typeof ttl === 'number' && ttl >= 0 ? ttl : null;
}

/** The fields of a new file with the defaults of its container (contract §4.3, §4.4). */
export function fileFieldsIn(container: JsonObject): JsonObject {
  return {
    ...FILE_DEFAULTS,
    partner_sid: container['partner_sid'] ?? null,
    lifecycle_action: container['default_file_lifecycle_action'] ?? 'no_action',
    lifecycle_ttl: container['default_file_lifecycle_ttl'] ?? -1,
    publish: container['default_file_publish'] ?? 'file_sid',
    threshold_include: container['default_file_threshold_include'] ?? true,
    unique: container['default_file_unique'] ?? false,
  };
}
