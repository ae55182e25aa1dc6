import { toRecgateError, type DeliveryAttempt, type DeliveryRecord, type RecordingRecord } from '#libs/recording-model';
import { viewApplication } from '../applications.js';
import { changeSettings } from '../change-settings.js';
import type { OrchestrationPorts } from '../ports.js';

/** Lets the vendor make what it makes of a failed attempt. Never throws: the delivery itself does not depend on it. */
export async function noteFailedAttempt(
  ports: OrchestrationPorts,
  record: RecordingRecord,
  { subscription }: DeliveryRecord,
  attempt: DeliveryAttempt,
): Promise<void> {
  const rules = ports.adapters[record.vendor].failedNotifications;
  if (rules === undefined) return;
  try {
    const application = await ports.ledger.applications.get(record.applicationId);
    if (application === null) return;
    const id = rules.documentOf(viewApplication(ports, application), subscription);
    if (id === null) return;
    const { documents } = ports.ledger;
    const noted = await documents.update(rules.collection, application.id, id, (current) => ({
      body: rules.note(attempt, id, current?.body ?? null),
      sealed: null,
    }));
    const body = noted.document?.body;
    if (body === undefined || rules.consequences(viewApplication(ports, application), id, body) === null) return;
    await changeSettings(ports, application.id, (view) => rules.consequences(view, id, body));
    ports.log.warn('failed notifications changed an application', { applicationId: application.id, subscription });
  } catch (thrown) {
    ports.log.warn('a failed attempt could not be noted', { recordingId: record.id, reason: toRecgateError(thrown).message });
  }
}
