import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RecgateError, reveal, type FileCipher, type RecordingRecord, type Rendition } from '#libs/recording-model';
import { recordingSecrets } from '../accept-recording.js';
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
      const cipher = cipherOf(ports, record);
      // What grew beside the recording is plain.
      const followed = cipher === null ? ((await ports.followed?.takeFollowed(wanted)) ?? null) : null;
      const rendition = followed ?? (await encodeSpool(ports, record, wanted, cipher));
      if (followed !== null) await keepPeaks(ports, record, await findPeaks(await ports.spools.open(record.id, capture)));
      return { to: 'storing', at: ports.clock.now(), patch: { rendition } };
    },
    undo: (record) => rm(renditionFile(ports, record), { force: true }),
  };
}

/** The credentials leave the bag for the encoder alone; null: the rendition is plain. */
function cipherOf(ports: OrchestrationPorts, record: RecordingRecord): FileCipher | null {
  const { encryption } = record.spec;
  if (encryption === null) return null;
  const bag = recordingSecrets(ports, record);
  return { key: reveal(bag, encryption.key), vector: reveal(bag, encryption.vector) };
}

async function encodeSpool(
  ports: OrchestrationPorts,
  record: RecordingRecord,
  { recordingId, capture, format, outputFile }: WantedRendition,
  cipher: FileCipher | null,
): Promise<Rendition> {
  const spooled = await ports.spools.open(recordingId, capture);
  const { source, peaks } = withPeaks(spooled);
  const rendition = await ports.encoder.encode({ source, format, outputFile, ...(cipher === null ? {} : { encryption: cipher }) });
  // Whoever has a file encrypted does not want its waveform shown.
  if (cipher === null) await keepPeaks(ports, record, peaks());
  const lostSamples = spooled.lostSamples?.() ?? 0;
  return lostSamples === 0 ? rendition : { ...rendition, lostSamples };
}

function renditionFile(ports: OrchestrationPorts, record: RecordingRecord): string {
  return join(ports.settings.renditionDirectory, `${record.id}.${record.epoch}.${record.spec.format.extension}`);
}
