import { RecgateError, type ApplicationView, type Destination, type ObjectTarget, type RecordingRecord } from '#libs/recording-model';
import { recordingSecrets } from '../accept-recording.js';
import { viewApplication } from '../applications.js';
import type { OrchestrationPorts } from '../ports.js';
import { metadataOf, storeFor } from './store-stage.js';

/**
 * Removes the stored object of a recording, and the transcript that was laid beside it. The credentials of its document
 * are enough where it has some, also when its application has been deleted.
 * @param locations of those objects alone that are to be removed; absent: all
 * @throws RecgateError `destination.rejected` where the destination knows no way to remove anything, or `destination.*`
 */
export async function removeStored(ports: OrchestrationPorts, record: RecordingRecord, locations?: readonly string[]): Promise<void> {
  const application = await applicationOf(ports, record);
  const secrets = { ...application.secrets, ...recordingSecrets(ports, record) };
  const store = storeFor(ports, record);
  const metadata = metadataOf(record, record.rendition);
  for (const target of await targetsOf(ports, record, application, locations)) {
    const removed = await store.remove({ target, secrets, metadata });
    if (!removed) throw new RecgateError('destination.rejected', 'Uploads of this kind cannot be taken back');
  }
}

async function targetsOf(
  ports: OrchestrationPorts,
  record: RecordingRecord,
  application: ApplicationView,
  locations?: readonly string[],
): Promise<readonly ObjectTarget[]> {
  const { destination } = record.spec;
  const named = ports.adapters[record.vendor].nameObject(record, application);
  const wanted = locations ?? [...(await transcriptsOf(ports, record)), record.receipt?.location ?? ''];
  return wanted.flatMap((location) => {
    const name = nameWithin(destination, location) ?? (location === record.receipt?.location ? named.name : null);
    return name === null ? [] : [{ ...named, name }];
  });
}

/** What was said goes before the audio: whoever finds the audio gone finds nothing of it left. */
async function transcriptsOf(ports: OrchestrationPorts, { id, transcription }: RecordingRecord): Promise<readonly string[]> {
  const events = transcription === 'done' ? await ports.ledger.recordings.events(id) : [];
  return events.flatMap(({ transcript }) => transcript?.location ?? []);
}

/**
 * The name under which something was stored, by what the store said then: settings that names are made of may have
 * changed since. Null where locations are no names.
 */
function nameWithin(destination: Destination, location: string): string | null {
  const place = placeOf(destination);
  return place !== null && location.startsWith(place) ? location.slice(place.length) : null;
}

function placeOf(destination: Destination): string | null {
  if (destination.kind === 's3') return `s3://${destination.bucket}/`;
  if (destination.kind === 'gcs') return `gs://${destination.bucket}/`;
  return destination.kind === 'azure-blob' ? `azure://${destination.account}/${destination.container}/` : null;
}

async function applicationOf(ports: OrchestrationPorts, { tenantId, applicationId }: RecordingRecord): Promise<ApplicationView> {
  const found = await ports.ledger.applications.get(applicationId);
  const ours = found?.tenantId === tenantId ? found : null;
  return ours === null ? { applicationId, tenantId, settings: {}, secrets: {} } : viewApplication(ports, ours);
}
