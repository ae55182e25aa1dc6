import {
  RecgateError,
  type ApplicationRecord,
  type ApplicationView,
  type SecretBag,
  type SettingDefinition,
  type VendorName,
} from '#libs/recording-model';
import type { OrchestrationPorts } from './ports.js';
import { newStreamKey, STREAM_KEY } from './stream-key.js';

export interface NewApplication {
  readonly tenantId: string;
  readonly name: string;
  readonly vendor: VendorName;
  /** All settings, secret ones too, under the names the vendor's adapter lists. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Creates an application; its secret settings are sealed before anything is written.
 * @throws RecgateError `field.invalid` for a setting that the vendor does not know
 */
export async function createApplication(
  ports: Pick<OrchestrationPorts, 'ledger' | 'adapters' | 'vault' | 'ids' | 'clock'>,
  request: NewApplication,
  id = `app_${ports.ids.hex(20)}`,
): Promise<ApplicationRecord> {
  const { open, secret } = splitSettings(ports, request.vendor, request.settings);
  const now = ports.clock.now().toISOString();
  const { tenantId, name, vendor } = request;
  const secrets = { ...secret, [STREAM_KEY]: newStreamKey() };
  const view: ApplicationView = { applicationId: id, tenantId, settings: open, secrets };
  const application: ApplicationRecord = { id, tenantId, name, vendor, createdAt: now, ...settled(ports, vendor, view, now) };
  await ports.ledger.applications.save(application);
  return application;
}

/**
 * Changes settings; those that are not named stay.
 * @throws RecgateError `field.invalid` for a setting that the vendor does not know
 */
export async function changeApplication(
  ports: Pick<OrchestrationPorts, 'ledger' | 'adapters' | 'vault' | 'clock'>,
  application: ApplicationRecord,
  settings: Readonly<Record<string, string>>,
): Promise<ApplicationRecord> {
  const { open, secret } = splitSettings(ports, application.vendor, settings);
  const before = viewApplication(ports, application);
  const view = { ...before, settings: { ...before.settings, ...open }, secrets: { [STREAM_KEY]: newStreamKey(), ...before.secrets, ...secret } };
  const updated = { ...application, ...settled(ports, application.vendor, view, ports.clock.now().toISOString()) };
  await ports.ledger.applications.save(updated);
  return updated;
}

/** Forgets an application and what its vendor's API kept for it; its recordings stay. */
export async function deleteApplication(ports: Pick<OrchestrationPorts, 'ledger'>, applicationId: string): Promise<void> {
  await ports.ledger.applications.delete(applicationId);
  await ports.ledger.documents.removeAll(applicationId);
}

/** What of a record follows from its settings. */
function settled(
  ports: Pick<OrchestrationPorts, 'adapters' | 'vault'>,
  vendor: VendorName,
  view: ApplicationView,
  updatedAt: string,
): Pick<ApplicationRecord, 'settings' | 'addresses' | 'sealedSecrets' | 'updatedAt'> {
  const { applicationId, tenantId, settings, secrets } = view;
  return {
    settings,
    addresses: ports.adapters[vendor].addresses(view),
    sealedSecrets: Object.keys(secrets).length === 0 ? null : ports.vault.seal(secrets, { tenantId, ownerId: applicationId }),
    updatedAt,
  };
}

/** The application with its credentials opened, for adapters. Never leaves the process. */
export function viewApplication(ports: Pick<OrchestrationPorts, 'vault'>, application: ApplicationRecord): ApplicationView {
  const { id, tenantId, sealedSecrets, settings } = application;
  const secrets: SecretBag = sealedSecrets === null ? {} : ports.vault.open(sealedSecrets, { tenantId, ownerId: id });
  return { applicationId: id, tenantId, settings, secrets };
}

/** @throws RecgateError `request.not_found`, also for another tenant's application */
export async function requireApplication(
  ports: Pick<OrchestrationPorts, 'ledger'>,
  tenantId: string,
  applicationId: string,
): Promise<ApplicationRecord> {
  const application = await ports.ledger.applications.get(applicationId);
  if (application === null || application.tenantId !== tenantId) {
    throw new RecgateError('request.not_found', `There is no application ${applicationId}`, { field: 'applicationId' });
  }
  return application;
}

/** Engines an application may choose, as the gateway's configuration names them. */
const ENGINES = ['none', 'openai', 'deepgram', 'vosk', 'pocketsphinx'];

/** Settings that applications of every vendor have. */
export const COMMON_SETTINGS: readonly SettingDefinition[] = [
  {
    key: 'retentionSeconds',
    description: 'How long recordings are kept whose document does not say it, seconds; -1: for ever. Default: the gateway\'s own.',
    rule: { wanted: '-1, or a number of seconds from 1 on', test: (value) => /^(-1|[1-9]\d{0,8})$/.test(value) },
  },
  {
    key: 'transcriptionEngine',
    description: `Engine that writes this application's recordings down: ${ENGINES.join(', ')}. Default: the gateway's own.`,
    rule: { wanted: ENGINES.join(', ').replace(/, (?=\w+$)/, ' or '), test: (value) => ENGINES.includes(value) },
  },
  { key: 'transcriptionModel', description: 'Model that the engine is asked for. Default: the gateway\'s own.' },
  { key: 'transcriptionKey', description: 'API key for the engine. Default: the gateway\'s own.', secret: true },
];

/**
 * Parts settings into open and secret ones and checks their names and values.
 * @throws RecgateError `field.invalid` naming the setting, and the known ones or what it must be
 */
export function splitSettings(
  ports: Pick<OrchestrationPorts, 'adapters'>,
  vendor: VendorName,
  settings: Readonly<Record<string, string>>,
): { readonly open: Record<string, string>; readonly secret: Record<string, string> } {
  const known = new Map([...COMMON_SETTINGS, ...ports.adapters[vendor].settings].map((definition) => [definition.key, definition]));
  const open: Record<string, string> = {};
  const secret: Record<string, string> = {};
  for (const [key, value] of Object.entries(settings)) {
    const definition = known.get(key);
    if (definition === undefined) {
      const names = [...known.keys()].sort().join(', ');
      throw new RecgateError('field.invalid', `"${key}" is not a setting of ${vendor}; known are: ${names}`, { field: `settings.${key}` });
    }
    const { rule } = definition;
    if (rule !== undefined && value.trim() !== '' && !rule.test(value.trim())) {
      throw new RecgateError('field.invalid', `The setting ${key} must be ${rule.wanted}`, { field: `settings.${key}` });
    }
    (definition.secret === true ? secret : open)[key] = value;
  }
  return { open, secret };
}
