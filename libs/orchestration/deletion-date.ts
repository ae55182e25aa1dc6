import type { ApplicationView, RecordingPatch, RecordingRecord } from '#libs/recording-model';
import type { OrchestrationPorts } from './ports.js';

/**
 * When a file stored at this moment is to be deleted: by its document, its application, or the gateway's own rule.
 * The age of a file counts from here (FlexML contract §2, `lifecycleTtl`).
 */
export function deletionDate(
  ports: Pick<OrchestrationPorts, 'settings'>,
  { spec }: Pick<RecordingRecord, 'spec'>,
  application: Pick<ApplicationView, 'settings'>,
  storedAt: Date,
): Pick<RecordingPatch, 'deleteAt'> {
  const seconds = spec.retention?.ttlSeconds ?? ownRule(application) ?? ports.settings.retentionSeconds;
  return seconds === null || seconds < 0 ? {} : { deleteAt: secondsAfter(storedAt, seconds) };
}

function ownRule({ settings }: Pick<ApplicationView, 'settings'>): number | null {
  const text = (settings['retentionSeconds'] ?? '').trim();
  return /^-?\d{1,10}$/.test(text) ? Number(text) : null;
}

/** ISO 8601. */
export function secondsAfter(moment: Date, seconds: number): string {
  return new Date(moment.getTime() + seconds * 1000).toISOString();
}
