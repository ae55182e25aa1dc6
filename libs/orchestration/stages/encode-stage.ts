import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RecgateError, type RecordingRecord, type Rendition } from '#libs/recording-model';
import type { OrchestrationPorts, WantedRendition } from '../ports.js';
import { findPeaks, keepPeaks } from '../peaks/peak-files.js';
import { withPeaks } from '../peaks/waveform-peaks.js';
import type { Stage } from './stage-run.js';

/** Spool → rendition. The file's name holds the epoch, so that two runs never write the same file. */
export function encodeStage(ports: OrchestrationPorts): Stage {
  return {
    name: 'encode',
    from: ['captured', 'encoding'],
    while: 'encoding',
    async run(record) {
      const { capture } = record;
      if (capture === null) throw new RecgateError('gateway.internal', `Recording ${record.id} was captured without a result`);
      await mkdir(ports.settings.renditionDirectory, { recursive: true });
      const wanted = { recordingId: record.id, capture, format: record.spec.format, outputFile: renditionFile(ports, record) };
      const followed = (await ports.followed?.takeFollowed(wanted)) ?? null;
      const rendition = followed ?? (await encodeSpool(ports, wanted));
      if (followed !== null) await keepPeaks(ports, record.id, await findPeaks(await ports.spools.open(record.id, capture)));
      return { to: 'storing', at: ports.clock.now(), patch: { rendition } };
    },
    undo: (record) => rm(renditionFile(ports, record), { force: true }),
  };
}

async function encodeSpool(ports: OrchestrationPorts, { recordingId, capture, format, outputFile }: WantedRendition): Promise<Rendition> {
  const { source, peaks } = withPeaks(await ports.spools.open(recordingId, capture));
  const rendition = await ports.encoder.encode({ source, format, outputFile });
  await keepPeaks(ports, recordingId, peaks());
  return rendition;
}

function renditionFile(ports: OrchestrationPorts, record: RecordingRecord): string {
  return join(ports.settings.renditionDirectory, `${record.id}.${record.epoch}.${record.spec.format.extension}`);
}
