import { randomBytes } from 'node:crypto';
import type { Client } from 'basic-ftp';
import {
  RecgateError,
  reveal,
  type FtpUploadDestination,
  type ObjectStore,
  type ObjectTarget,
  type PutRequest,
  type RemoveRequest,
  type SecretBag,
  type StorageReceipt,
  type UploadLeftover,
} from '#libs/recording-model';
import { ContentSource } from '../shared/content-source.js';
import { checksumError, messageOf, stoppedError } from '../shared/store-error.js';
import { ftpAddressOf, type FtpAddress } from './ftp-address.js';
import { ftpFailure, replyOf, withFtpSession, type FtpRules } from './ftp-session.js';

export type FtpUploadStoreOptions = FtpRules;

/** The server's answer to a command it has no permission or no code for. */
const REFUSALS = new Set([500, 501, 502, 504, 530, 532, 550, 553]);

/**
 * Sends the file to a directory of an FTP server, the way Kazoo does (contract §2.2): binary, passive, into a directory
 * that must be there. The file is written beside its name and renamed when it is whole, since a transfer that breaks
 * off looks complete to the server; where renaming is not permitted it is written to its name directly. The size is
 * asked for afterwards where the server tells it.
 */
export class FtpUploadStore implements ObjectStore {
  readonly kind = 'ftp-upload';

  constructor(private readonly rules: FtpUploadStoreOptions = {}) {}

  async put(request: PutRequest): Promise<StorageReceipt> {
    const { target, secrets, content, signal } = request;
    const { address, userinfo, store } = placeOf(target, secrets);
    if (signal.aborted) throw stoppedError(store);
    const part = `.${randomBytes(8).toString('hex')}.part`;
    const source = new ContentSource(content);
    let isBegun = false;
    try {
      await withFtpSession(address, userinfo, this.rules, signal, async (client) => {
        await request.onUploadStarted({ target, uploadId: part });
        isBegun = true;
        const write = (name: string) => writeWhole(client, source, name, content.sizeBytes, store);
        await write(part);
        if (!(await isPermitted(client.rename(part, address.fileName)))) {
          await write(address.fileName);
          await isPermitted(client.remove(part));
        }
      });
    } catch (thrown) {
      if (isBegun) await this.abort({ target, uploadId: part }, secrets).catch(() => undefined);
      source.throwIfBroken();
      if (signal.aborted) throw stoppedError(store);
      throw ftpFailure(store, thrown, secretsOf(userinfo, secrets));
    } finally {
      source.close();
    }
    const { sizeBytes, sha256 } = content;
    const storedAt = new Date().toISOString();
    return { location: address.url, url: address.url, etag: null, sizeBytes, sha256, verifiedBy: 'status', storedAt };
  }

  async abort({ target, uploadId }: UploadLeftover, secrets: SecretBag): Promise<void> {
    await this.#delete(target, secrets, uploadId);
  }

  async remove({ target, secrets }: RemoveRequest): Promise<boolean> {
    await this.#delete(target, secrets, null);
    return true;
  }

  /** @param name null: the file itself */
  async #delete(target: ObjectTarget, secrets: SecretBag, name: string | null): Promise<void> {
    const { address, userinfo, store } = placeOf(target, secrets);
    const fileName = name ?? address.fileName;
    try {
      await withFtpSession(address, userinfo, this.rules, null, async (client) => {
        try {
          await client.remove(fileName);
        } catch (thrown) {
          if (!saysGone(thrown)) throw thrown;
        }
      });
    } catch (thrown) {
      throw ftpFailure(store, thrown, secretsOf(userinfo, secrets));
    }
  }
}

async function writeWhole(client: Client, source: ContentSource, name: string, sizeBytes: number, store: string): Promise<void> {
  const stream = source.open();
  try {
    await client.uploadFrom(stream, name);
  } finally {
    stream.destroy();
  }
  const held = await client.size(name).catch((thrown: unknown) => {
    if (replyOf(thrown) !== null) return null;
    throw thrown;
  });
  if (held !== null && held !== sizeBytes) throw checksumError(store, `${sizeBytes} bytes`, `${held} bytes`);
}

async function isPermitted(command: Promise<unknown>): Promise<boolean> {
  try {
    await command;
    return true;
  } catch (thrown) {
    if (REFUSALS.has(replyOf(thrown) ?? 0)) return false;
    throw thrown;
  }
}

/** 550 stands for "not there" and for "not permitted": only the server's words tell, and in doubt the file is there. */
function saysGone(thrown: unknown): boolean {
  return replyOf(thrown) === 550 && /no such|not found|not exist/i.test(messageOf(thrown));
}

function placeOf(target: ObjectTarget, secrets: SecretBag): { address: FtpAddress; userinfo: string | null; store: string } {
  const destination = ftpDestinationOf(target);
  const address = ftpAddressOf(target.name);
  const userinfo = destination.userinfo === null ? null : reveal(secrets, destination.userinfo);
  return { address, userinfo, store: `Upload to ${address.url}` };
}

/** A server may repeat the user or the password by itself. */
function secretsOf(userinfo: string | null, secrets: SecretBag): SecretBag {
  return userinfo === null ? secrets : { ...secrets, 'password of the URL': userinfo.slice(userinfo.indexOf(':') + 1) };
}

function ftpDestinationOf({ destination }: ObjectTarget): FtpUploadDestination {
  if (destination.kind === 'ftp-upload') return destination;
  throw new RecgateError('gateway.internal', `A target of kind "${destination.kind}" was given to the FTP store`);
}
