import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isOld, type OrchestrationPorts, type Sweeper } from '#libs/orchestration';
import { isTerminal } from '#libs/recording-model';
import type { MediaStore } from '#libs/storage';

/** Longer than the slowest pull with its capture. */
const PULLED_MS = 2 * 3_600_000;
/** An upload that has not grown for so long has broken off. */
const PART_MS = 3_600_000;

/** What dead processes leave in the data directory beside renditions. */
export function dataSweepers(dataDirectory: string, mediaStore: MediaStore, ports: OrchestrationPorts): Sweeper[] {
  const uploads = join(dataDirectory, 'uploads');
  return [
    () => mediaStore.sweep(),
    () => sweepDirectory(join(dataDirectory, 'pulled'), (file) => isOld(file, PULLED_MS)),
    () => sweepDirectory(uploads, (file, name) => (name.endsWith('.part') ? isOld(file, PART_MS) : isDone(ports, name))),
  ];
}

/** The bytes of a recording that failed by the gateway's own fault are kept until it is deleted. */
async function isDone(ports: OrchestrationPorts, recordingId: string): Promise<boolean> {
  const record = await ports.ledger.recordings.get(recordingId);
  return record !== null && isTerminal(record.state) && (record.failure?.blame !== 'gateway' || record.deletedAt !== undefined);
}

async function sweepDirectory(directory: string, isUseless: (file: string, name: string) => Promise<boolean>): Promise<number> {
  let removed = 0;
  for (const name of await readdir(directory).catch(() => [])) {
    const file = join(directory, name);
    if (!(await isUseless(file, name))) continue;
    await rm(file, { force: true });
    removed += 1;
  }
  return removed;
}
