import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toRecgateError, type PcmSource } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { withPeaks, type WaveformPeaks } from './waveform-peaks.js';

type PeakPorts = Pick<OrchestrationPorts, 'settings' | 'log'>;

/** Keeps the peaks of a recording. They are for the eye only: without them a recording is as good as with them. */
export async function keepPeaks(ports: PeakPorts, recordingId: string, peaks: WaveformPeaks): Promise<void> {
  const file = peakFile(ports, recordingId);
  try {
    await mkdir(ports.settings.peaksDirectory, { recursive: true });
    await writeFile(`${file}.part`, JSON.stringify(peaks), { mode: 0o640 });
    await rename(`${file}.part`, file);
  } catch (thrown) {
    ports.log.warn('the peaks could not be kept', { recordingId, reason: toRecgateError(thrown).message });
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
export async function readPeaks(ports: PeakPorts, recordingId: string): Promise<string | null> {
  return readFile(peakFile(ports, recordingId), 'utf8').catch(() => null);
}

/** Safe to repeat. */
export async function removePeaks(ports: PeakPorts, recordingId: string): Promise<void> {
  await rm(peakFile(ports, recordingId), { force: true });
}

function peakFile({ settings }: PeakPorts, recordingId: string): string {
  return join(settings.peaksDirectory, `${recordingId}.json`);
}
