import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RecgateError, type RecordingRecord, type Rendition } from '#libs/recording-model';
import type { OrchestrationPorts, WantedRendition } from '../ports.js';
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
      const rendition = (await ports.followed?.takeFollowed(wanted)) ?? (await encodeSpool(ports, wanted));
      return { to: 'storing', at: ports.clock.now(), patch: { rendition } };
    },
    undo: (record) => rm(renditionFile(ports, record), { force: true }),
  };
}

async function encodeSpool(ports: OrchestrationPorts, { recordingId, capture, format, outputFile }: WantedRendition): Promise<Rendition> {
  const source = await ports.spools.open(recordingId, capture);
  return ports.encoder.encode({ source, format, outputFile });
}

function renditionFile(ports: OrchestrationPorts, record: RecordingRecord): string {
  return join(ports.settings.renditionDirectory, `${record.id}.${record.epoch}.${record.spec.format.extension}`);
}
