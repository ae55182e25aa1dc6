import { toRecgateError, type ObjectStore, type PutRequest, type RecordingRecord } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { recordingManifest } from './recording-manifest.js';

/** Destinations that a second object can be laid beside: a receiver of uploads would take it for another recording. */
const BESIDE: ReadonlySet<ObjectStore['kind']> = new Set(['s3', 'gcs', 'azure-blob']);

/** The manifest of a recording as it is now, signed: a compact JWS. */
export async function signedManifest(ports: OrchestrationPorts, record: RecordingRecord): Promise<string> {
  const { ledger, clock, signer } = ports;
  const [events, deliveries] = await Promise.all([ledger.recordings.events(record.id), ledger.deliveries.listOfRecording(record.id)]);
  return signer.sign(JSON.stringify(recordingManifest(record, events, deliveries, clock.now())));
}

/**
 * Lays the signed manifest beside a recording that was just stored, as `<object>.manifest.jws`. The recording is not
 * held up nor failed by it: what is in the manifest stays in the API.
 */
export async function storeManifest(
  ports: OrchestrationPorts,
  store: ObjectStore,
  record: RecordingRecord,
  put: Pick<PutRequest, 'target' | 'secrets' | 'metadata' | 'signal'>,
): Promise<void> {
  if (!ports.settings.storeManifests || !BESIDE.has(store.kind)) return;
  try {
    const contentType = 'application/jose';
    const content = ports.contentOf(Buffer.from(await signedManifest(ports, record)), contentType);
    const target = { ...put.target, name: `${put.target.name}.manifest.jws`, contentType };
    await store.put({ ...put, target, content, onUploadStarted: () => Promise.resolve() });
  } catch (thrown) {
    ports.log.warn('the manifest could not be stored', { recordingId: record.id, reason: toRecgateError(thrown).message });
  }
}
