import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { deleteRecording } from '#libs/orchestration';
import {
  isTerminal,
  RecgateError,
  type FileAddress,
  type FileFacts,
  type FileStore,
  type RecordingRecord,
} from '#libs/recording-model';
import { aculab } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import type { AculabAccount } from './aculab-accounts.js';

/** A file of the account's media store. */
export interface MediaFile {
  readonly address: FileAddress;
  readonly facts: FileFacts;
}

/** What a file is listed as. */
export interface ListedFile {
  readonly name: string;
  readonly facts: FileFacts;
}

/** Longest wait for a file on its way to the store: most are there in a fraction of it. */
const PATIENCE_MS = 5_000;
const EVERY_MS = 25;
/** Under which a file keeps the name that it was written by. */
const WRITTEN_AS = 'filename';

/**
 * The media store of an account: the spaces of its applications seen as one. A file that is written lies in each of
 * them, so that every application can play it; a recording lies in the space of the application that made it.
 */
@Injectable()
export class AculabMediaFiles {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  async list(account: AculabAccount, prefix: string): Promise<readonly ListedFile[]> {
    const bare = aculab.storeNameOf(prefix);
    const found = new Map<string, ListedFile>();
    for (const { record } of account.applications) {
      for (const facts of await this.files.list({ tenantId: record.tenantId, applicationId: record.id }, bare)) {
        const name = facts.metadata[WRITTEN_AS] ?? `/${facts.name}`;
        if (!found.has(name)) found.set(name, { name, facts });
      }
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Null when there is none, also after waiting for a recording that is on its way to the store (contract §8.2). */
  async find(account: AculabAccount, name: string): Promise<MediaFile | null> {
    const there = await this.look(account, name);
    if (there !== null) return there;
    const recording = await this.recordingOf(account, name);
    if (recording === null || recording.capture === null) return null;
    await this.untilTerminal(recording);
    return this.look(account, name);
  }

  /** @throws RecgateError `request.not_found` */
  async require(account: AculabAccount, name: string): Promise<MediaFile> {
    const file = await this.find(account, name);
    if (file === null) throw new RecgateError('request.not_found', 'There is no such file');
    return file;
  }

  open({ address }: MediaFile, range?: { readonly start: number; readonly end: number }): Readable {
    return this.files.open(address, range);
  }

  /**
   * Writes a file into the space of each application; `open` is asked for its bytes once for each.
   * @throws RecgateError `field.invalid` for the name of a recording: its bytes are what its checksum says
   */
  async write(
    account: AculabAccount,
    name: string,
    open: () => Readable,
    notes: Readonly<Record<string, string>>,
  ): Promise<FileFacts> {
    if ((await this.recordingOf(account, name)) !== null) throw aculab.malformed('filename', 'is that of a recording');
    const file = {
      contentType: aculab.contentTypeOf(name),
      container: null,
      metadata: { ...notes, [WRITTEN_AS]: name },
    };
    const [first, ...others] = account.applications;
    const facts = await this.files.write(addressIn(first, name), open(), file);
    for (const application of others) await this.files.write(addressIn(application, name), open(), file);
    return facts;
  }

  /**
   * Deletes a file from all spaces; a recording's record stays and says when.
   * @throws RecgateError `request.not_found`; `request.conflict` while the recording is still on its way
   */
  async delete(account: AculabAccount, name: string): Promise<void> {
    await this.require(account, name);
    const recording = await this.recordingOf(account, name);
    if (recording !== null) await deleteRecording(this.gateway.ports, recording.id);
    for (const application of account.applications) await this.files.delete(addressIn(application, name));
  }

  private async look(account: AculabAccount, name: string): Promise<MediaFile | null> {
    for (const application of account.applications) {
      const address = addressIn(application, name);
      const facts = await this.files.stat(address);
      if (facts !== null) return { address, facts };
    }
    return null;
  }

  private async recordingOf(account: AculabAccount, name: string): Promise<RecordingRecord | null> {
    const end = aculab.fileEndOf(name);
    if (end === null) return null;
    for (const { record } of account.applications) {
      const recording = await this.gateway.ports.ledger.recordings.findByName(record.id, end);
      if (recording !== null && aculab.isFileOf(recording, name)) return recording;
    }
    return null;
  }

  private async untilTerminal({ id }: RecordingRecord): Promise<void> {
    const { ledger } = this.gateway.ports;
    for (let waited = 0; waited < PATIENCE_MS; waited += EVERY_MS) {
      const now = await ledger.recordings.get(id);
      if (now === null || isTerminal(now.state)) return;
      await delay(EVERY_MS);
    }
  }

  private get files(): FileStore {
    const { files } = this.gateway.ports;
    if (files === undefined) throw new RecgateError('gateway.unavailable', 'There is no media store here');
    return files;
  }
}

function addressIn({ record }: DoorApplication, name: string): FileAddress {
  return { tenantId: record.tenantId, applicationId: record.id, name: aculab.storeNameOf(name) };
}
