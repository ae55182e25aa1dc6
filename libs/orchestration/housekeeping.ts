import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isTerminal, toRecgateError, type RecordingRecord } from '#libs/recording-model';
import { recordingSecrets } from './accept-recording.js';
import { viewApplication } from './applications.js';
import type { OrchestrationPorts } from './ports.js';
import { abortLeftover } from './stages/store-stage.js';

/** Unfinished uploads one pass looks at. */
const MOST_LEFTOVERS = 500;
/** Renditions of recordings that the ledger does not know are kept this long: its answer may be the one that is wrong. */
const STRANGER_MS = 24 * 3_600_000;

export interface SweepReport {
  readonly renditions: number;
  readonly uploadsAborted: number;
  readonly others: number;
}

/** Something else that dead processes leave; answers how many things it removed. */
export type Sweeper = () => Promise<number>;

/**
 * Removes what dead, superseded or ended work has left: renditions, unfinished uploads at stores, and what the given
 * sweepers know of. Never touches the spool of a recording that may still need it. Safe to run at any time.
 */
export class Housekeeping {
  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly sweepers: readonly Sweeper[],
  ) {}

  async run(): Promise<SweepReport> {
    const renditions = await this.attempt('renditions', () => this.sweepRenditions());
    const uploadsAborted = await this.attempt('leftovers', () => this.abortLeftovers());
    let others = 0;
    for (const sweep of this.sweepers) others += await this.attempt('files', sweep);
    return { renditions, uploadsAborted, others };
  }

  private async sweepRenditions(): Promise<number> {
    const { renditionDirectory } = this.ports.settings;
    let removed = 0;
    for (const name of await readdir(renditionDirectory).catch(() => [])) {
      const [, id, epoch] = /^([^.]+)\.(\d+)\./.exec(name) ?? [];
      if (id === undefined) continue;
      const file = join(renditionDirectory, name);
      const record = await this.ports.ledger.recordings.get(id);
      const useless = record === null ? await isOld(file, STRANGER_MS) : this.isUseless(record, name, Number(epoch));
      if (!useless) continue;
      await rm(file, { force: true });
      removed += 1;
    }
    return removed;
  }

  private isUseless(record: RecordingRecord, name: string, epoch: number): boolean {
    const own = record.rendition !== null && record.rendition.file.endsWith(`/${name}`);
    if (own) return record.state === 'available' && !this.keepsLocally(record);
    // A run of the present epoch may be writing its file at this moment.
    return isTerminal(record.state) || record.state === 'storing' || epoch < record.epoch;
  }

  private keepsLocally({ spec }: RecordingRecord): boolean {
    return this.ports.settings.keepRenditions && spec.destination.kind !== 'media-store';
  }

  /** Uploads of recordings that have ended are nobody's any more; running ones are cleaned by their own next try. */
  private async abortLeftovers(): Promise<number> {
    let aborted = 0;
    for (const { recordingId, leftover } of await this.ports.ledger.leftovers.list(MOST_LEFTOVERS)) {
      const record = await this.ports.ledger.recordings.get(recordingId);
      if (record === null || !isTerminal(record.state)) continue;
      const application = await this.ports.ledger.applications.get(record.applicationId);
      const shared = application === null ? {} : viewApplication(this.ports, application).secrets;
      if (await abortLeftover(this.ports, record, leftover, { ...shared, ...recordingSecrets(this.ports, record) })) aborted += 1;
    }
    return aborted;
  }

  private async attempt(what: string, sweep: Sweeper): Promise<number> {
    try {
      return await sweep();
    } catch (thrown) {
      this.ports.log.warn('housekeeping', { what, reason: toRecgateError(thrown).message });
      return 0;
    }
  }
}

/** True when the file has not been written to for so long; false when it is gone. */
export async function isOld(file: string, olderThanMs: number): Promise<boolean> {
  const info = await stat(file).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs >= olderThanMs;
}
