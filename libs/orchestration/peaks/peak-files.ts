import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toRecgateError, type PcmSource, type RecordingRecord } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { withPeaks, type WaveformPeaks } from './waveform-peaks.js';

type PeakPorts = Pick<OrchestrationPorts, 'settings' | 'log' | 'vault'>;
type Owner = Pick<RecordingRecord, 'id' | 'tenantId'>;

/** Keeps the peaks of a recording, sealed to it. They are for the eye only: without them a recording is as good as with them. */
export async function keepPeaks(ports: PeakPorts, { id, tenantId }: Owner, peaks: WaveformPeaks): Promise<void> {
  const file = peakFile(ports, id);
  try {
    await mkdir(ports.settings.peaksDirectory, { recursive: true, mode: 0o700 });
    const sealed = ports.vault.seal({ peaks: JSON.stringify(peaks) }, { tenantId, ownerId: id });
    await writeFile(`${file}.part`, sealed, { mode: 0o600 });
    await rename(`${file}.part`, file);
  } catch (thrown) {
    ports.log.warn('the peaks could not be kept', { recordingId: id, reason: toRecgateError(thrown).message });
  }
}

/** Reads audio to its end for its peaks alone. */
export async function findPeaks(source: PcmSource): Promise<WaveformPeaks> {
  const counted = withPeaks(source);
  for await (const _block of counted.source.blocks()) {
    // Counted in passing.
  }
  return counted.peaks();
}

/** The peaks of a recording as JSON text; null when there are none. */
export async function readPeaks(ports: PeakPorts, { id, tenantId }: Owner): Promise<string | null> {
  const sealed = await readFile(peakFile(ports, id), 'utf8').catch(() => null);
  return sealed === null ? null : (ports.vault.open(sealed, { tenantId, ownerId: id })['peaks'] ?? null);
}

/** Safe to repeat. */
export async function removePeaks(ports: Pick<PeakPorts, 'settings'>, recordingId: string): Promise<void> {
  await rm(peakFile(ports, recordingId), { force: true });
}

function peakFile({ settings }: Pick<PeakPorts, 'settings'>, recordingId: string): string {
  return join(settings.peaksDirectory, recordingId);
}
