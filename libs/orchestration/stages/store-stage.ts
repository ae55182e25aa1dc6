import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import {
  RecgateError,
  toRecgateError,
  type ObjectStore,
  type RecordingPatch,
  type RecordingRecord,
  type Rendition,
  type RenditionContent,
  type SecretBag,
  type UploadLeftover,
} from '#libs/recording-model';
import { recordingSecrets } from '../accept-recording.js';
import { requireApplication, viewApplication } from '../applications.js';
import { catalogueOf, retentionOfFile, storeInCatalogue, type PutRendition } from '../files/recorded-files.js';
import { storeManifest } from '../manifest/store-manifest.js';
import type { OrchestrationPorts } from '../ports.js';
import { deletionDate } from '../deletion-date.js';
import type { Stage } from './stage-run.js';

/** Few and large reads: small ones cost more than the disk does. */
const READ_BYTES = 512 * 1024;

/** Rendition → stored object. `available` is said only with the store's receipt in the same move. */
export function storeStage(ports: OrchestrationPorts): Stage {
  return {
    name: 'store',
    from: ['storing'],
    while: 'storing',
    async run(record) {
      const { rendition } = record;
      if (rendition === null) throw new RecgateError('gateway.internal', `Recording ${record.id} has no rendition to store`);
      const application = viewApplication(ports, await requireApplication(ports, record.tenantId, record.applicationId));
      const secrets = { ...application.secrets, ...recordingSecrets(ports, record) };
      await abortOwnLeftovers(ports, record, secrets);
      const target = ports.adapters[record.vendor].nameObject(record, application);
      const put: PutRendition = (to, what) =>
        storeFor(ports, record).put({
          target: to,
          secrets,
          content: contentOf(ports, what),
          metadata: metadataOf(record, what),
          signal: new AbortController().signal,
          onUploadStarted: (leftover) => ports.ledger.leftovers.note(record.id, JSON.stringify(leftover)),
        });
      const catalogue = catalogueOf(ports, record);
      const receipt = await (catalogue === null
        ? put(target, rendition)
        : storeInCatalogue({ ports, catalogue, record, application, target, rendition, put }));
      const retention = record.spec.retention ?? (catalogue === null ? null : await retentionOfFile(catalogue, record));
      await ports.ledger.leftovers.clear(record.id);
      const beside = { target, secrets, metadata: metadataOf(record, rendition), signal: new AbortController().signal };
      await storeManifest(ports, storeFor(ports, record), { ...record, receipt }, beside);
      const at = ports.clock.now();
      const mediaTimeMs = record.capture?.mediaEndMs ?? 0;
      const facts = { receipt, ...(record.capture === null ? {} : { capture: record.capture }) };
      return {
        to: 'available',
        at,
        patch: {
          receipt,
          ...deletionDate(ports, { spec: { ...record.spec, retention } }, application, at),
          ...transcriptionDue(ports, record),
        },
        events: [{ name: 'recording.available', at: at.toISOString(), mediaTimeMs, ...facts }],
      };
    },
  };
}

/** The recording is there whatever becomes of its transcription. */
function transcriptionDue(ports: OrchestrationPorts, { spec }: RecordingRecord): Pick<RecordingPatch, 'transcription'> {
  return spec.transcription === null || ports.transcription === undefined ? {} : { transcription: 'pending' };
}

/** What is kept locally is let go once the receipt is in the ledger; safe to repeat. */
export async function releaseLocalAudio(ports: OrchestrationPorts, record: RecordingRecord): Promise<void> {
  const ownStore = record.spec.destination.kind === 'media-store';
  if (record.rendition !== null && (ownStore || !ports.settings.keepRenditions)) {
    await rm(record.rendition.file, { force: true });
  }
  await ports.spools.delete(record.id);
}

/** Removes what an earlier, dead try left at the store. */
async function abortOwnLeftovers(ports: OrchestrationPorts, record: RecordingRecord, secrets: SecretBag): Promise<void> {
  const leftovers = await ports.ledger.leftovers.list(Number.MAX_SAFE_INTEGER);
  for (const { recordingId, leftover } of leftovers) {
    if (recordingId === record.id) await abortLeftover(ports, record, leftover, secrets);
  }
}

/**
 * Removes one unfinished upload and forgets its note. Credentials that may only write cannot always do that; the
 * recording must not fail for it.
 */
export async function abortLeftover(
  ports: OrchestrationPorts,
  record: RecordingRecord,
  leftover: string,
  secrets: SecretBag,
): Promise<boolean> {
  try {
    await storeFor(ports, record).abort(JSON.parse(leftover) as UploadLeftover, secrets);
    await ports.ledger.leftovers.clear(record.id);
    return true;
  } catch (thrown) {
    ports.log.warn('an unfinished upload could not be removed', { recordingId: record.id, reason: toRecgateError(thrown).message });
    return false;
  }
}

/** The driver of a recording's destination. */
export function storeFor(ports: OrchestrationPorts, record: RecordingRecord): ObjectStore {
  const { destination } = record.spec;
  if (destination.kind === 'none') throw new RecgateError('destination.incomplete', destination.reason);
  return ports.stores[destination.kind];
}

/** A customer's bucket is told which recording it holds; the own store also needs to know whose it is. */
export function metadataOf(record: RecordingRecord, rendition: Rendition | null): Record<string, string> {
  const common = { recording: record.id, sha256: rendition?.sha256 ?? '' };
  if (record.spec.destination.kind !== 'media-store') return common;
  return { ...common, tenant: record.tenantId, application: record.applicationId };
}

function contentOf({ openRendition }: OrchestrationPorts, rendition: Rendition): RenditionContent {
  const { sizeBytes, sha256, md5, crc32c, contentType } = rendition;
  const open: RenditionContent['open'] = (range) =>
    openRendition?.(rendition, range) ?? createReadStream(rendition.file, { ...range, highWaterMark: READ_BYTES });
  return { sizeBytes, sha256, md5, crc32c, contentType, open };
}
