import { toRecgateError, type DeliveryRecord, type RecordingRecord } from '#libs/recording-model';
import { viewApplication } from '../applications.js';
import { changeSettings } from '../change-settings.js';
import type { OrchestrationPorts } from '../ports.js';

/** Lets the vendor make what it makes of a delivery's last attempt, which failed. Never throws: the delivery does not depend on it. */
export async function noteFailedAttempt(
  ports: OrchestrationPorts,
  record: RecordingRecord,
  { subscription, attempts }: DeliveryRecord,
): Promise<void> {
  const attempt = attempts.at(-1);
  if (attempt === undefined) return;
  const rules = ports.adapters[record.vendor].failedNotifications;
  if (rules === undefined) return;
  try {
    const application = await ports.ledger.applications.get(record.applicationId);
    if (application === null) return;
    const view = viewApplication(ports, application);
    const id = rules.documentOf(view, subscription);
    if (id === null) return;
    const failed = { attempt, attemptsSoFar: attempts.length, documentId: id };
    const { documents } = ports.ledger;
    const noted = await documents.update(rules.collection, application.id, id, (current) => ({
      body: rules.note(view, failed, current?.body ?? null),
      sealed: null,
    }));
    const body = noted.document?.body;
    if (body === undefined || rules.consequences(view, id, body) === null) return;
    await changeSettings(ports, application.id, (current) => rules.consequences(current, id, body));
    ports.log.warn('failed notifications changed an application', { applicationId: application.id, subscription });
  } catch (thrown) {
    ports.log.warn('a failed attempt could not be noted', { recordingId: record.id, reason: toRecgateError(thrown).message });
  }
}
