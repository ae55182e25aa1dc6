import { setTimeout as delay } from 'node:timers/promises';
import { RecgateError, toRecgateError, type ApplicationView, type RecordingRecord } from '#libs/recording-model';
import { reserveRoom, type CataloguePorts } from './recorded-files.js';

/** A call waits no longer than this for the promise of room; the audio counts for more than the quota. */
const PATIENCE_MS = 1000;

/**
 * Promises room to a recording that is about to start.
 * @returns why it must not start; null when it may. When the ledger does not answer it may: the quota is then looked at
 *   when the file is stored.
 */
export async function roomFor(
  ports: CataloguePorts,
  record: RecordingRecord,
  application: ApplicationView,
): Promise<RecgateError | null> {
  const late = new AbortController();
  const reserved = reserveRoom(ports, record, application).then(() => null, refusalOf);
  const gaveUp = delay(PATIENCE_MS, undefined, { signal: late.signal }).then(
    () => new RecgateError('gateway.unavailable', 'The ledger did not answer in time'),
    () => null,
  );
  const outcome = await Promise.race([reserved, gaveUp]);
  late.abort();
  if (outcome === null || outcome.blame === 'destination') return outcome;
  ports.log.warn('a recording starts without a promise of room', { recordingId: record.id, reason: outcome.message });
  return null;
}

function refusalOf(thrown: unknown): RecgateError {
  return toRecgateError(thrown);
}
