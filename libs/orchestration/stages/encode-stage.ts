import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RecgateError, type RecordingRecord } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
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
      const source = await ports.spools.open(record.id, capture);
      await mkdir(ports.settings.renditionDirectory, { recursive: true });
      const outputFile = renditionFile(ports, record);
      const rendition = await ports.encoder.encode({ source, format: record.spec.format, outputFile });
      return { to: 'storing', at: ports.clock.now(), patch: { rendition } };
    },
    undo: (record) => rm(renditionFile(ports, record), { force: true }),
  };
}

function renditionFile(ports: OrchestrationPorts, record: RecordingRecord): string {
  return join(ports.settings.renditionDirectory, `${record.id}.${record.epoch}.${record.spec.format.extension}`);
}
