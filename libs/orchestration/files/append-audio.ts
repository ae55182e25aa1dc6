import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RecgateError, type RecordingRecord, type Rendition } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import type { Catalogued, CataloguedFile } from './catalogue-documents.js';
import type { FileCatalogue } from './file-catalogue.js';

/** Begins the names of files that hold old and new audio on their way to the store. */
export const APPENDED_PREFIX = 'appended-';

export interface AppendedRendition {
  readonly rendition: Rendition;
  release(): Promise<void>;
}

/**
 * The audio of a stored file with that of a recording behind it, in the file's own format; made from the spool, so that
 * the new part is encoded once.
 * @throws RecgateError `media.format` when the stored file is no audio that can be read
 */
export async function appendedRendition(
  ports: OrchestrationPorts,
  catalogue: FileCatalogue,
  record: RecordingRecord,
  file: Catalogued<CataloguedFile>,
): Promise<AppendedRendition> {
  const { appender, encoder, spools, settings } = ports;
  if (appender === undefined) throw new RecgateError('gateway.internal', 'This process cannot append audio');
  if (record.capture === null)
    throw new RecgateError('gateway.internal', `Recording ${record.id} was captured without a result`);
  const { extension, contentType } = file.body;
  const next = await spools.open(record.id, record.capture);
  const appended = await appender.append({ extension, contentType, open: () => catalogue.open(file) }, next);
  // Two runs never write the same file: each has an epoch of its own, and each look at the file another store name.
  const outputFile = join(
    settings.renditionDirectory,
    `${APPENDED_PREFIX}${record.id}-${record.epoch}-${ports.ids.hex(8)}.${extension}`,
  );
  const release = async () => {
    await appended.release();
    await rm(outputFile, { force: true });
  };
  try {
    await mkdir(settings.renditionDirectory, { recursive: true });
    const rendition = await encoder.encode({ source: appended.source, format: appended.format, outputFile });
    return { rendition, release };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}
