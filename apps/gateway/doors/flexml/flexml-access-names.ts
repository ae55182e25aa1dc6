import { Inject, Injectable } from '@nestjs/common';
import type { Catalogued, CataloguedFile, FileCatalogue } from '#libs/orchestration';
import { RecgateError, type StoredDocument } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';

type StoredFile = Catalogued<CataloguedFile>;

const COLLECTION = 'flexml.access-names';
/** A claim is followed by the change that makes it true; one that is older and not true is nobody's, ms. */
const CLAIM_MS = 60_000;
const SID = /^([A-Za-z0-9_-]{1,128})(?:\.[A-Za-z0-9]{1,8})?$/;

/**
 * Which file of a container is reached under which `file_access_name` (contract §4.2). Names that applications give are
 * kept here, so that no two files bear the same and a link is found without looking through all files; `{sid}.{ext}` is
 * the file's own.
 */
@Injectable()
export class FlexmlAccessNames {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /** Null when no file of the container is reached under the name. */
  async find(catalogue: FileCatalogue, container: string, name: string): Promise<StoredFile | null> {
    const own = await catalogue.get(SID.exec(name)?.[1] ?? '');
    if (isNamed(own, container, name)) return own;
    const kept = await this.kept(catalogue, container, name);
    const file = kept === null ? null : await catalogue.get(sidOf(kept));
    return isNamed(file, container, name) ? file : null;
  }

  /** @throws RecgateError `request.conflict` when another file of the container is reached under the name */
  async refuseTaken(catalogue: FileCatalogue, sid: string, container: string, name: string): Promise<void> {
    const holder = await this.find(catalogue, container, name);
    if (holder !== null && holder.sid !== sid) throw taken();
  }

  /**
   * Keeps the name for the file, which is given it right after.
   * @throws RecgateError `request.conflict` when another file has it, or is just being given it
   */
  async claim(catalogue: FileCatalogue, sid: string, container: string, name: string): Promise<void> {
    await this.refuseTaken(catalogue, sid, container, name);
    const { documents } = this.gateway.ports.ledger;
    const now = this.gateway.ports.clock.now().getTime();
    const { document } = await documents.update(
      COLLECTION,
      catalogue.owner.applicationId,
      keyOf(container, name),
      (current) => {
        const isOthers = current !== null && sidOf(current) !== sid;
        return isOthers && now - Date.parse(current.updatedAt) < CLAIM_MS ? null : { body: { sid }, sealed: null };
      },
    );
    if (document === null || sidOf(document) !== sid) throw taken();
  }

  /** The file is reached under the name no longer. */
  async release(catalogue: FileCatalogue, sid: string, container: string, name: unknown): Promise<void> {
    if (typeof name !== 'string' || name === '') return;
    const { documents } = this.gateway.ports.ledger;
    await documents.update(COLLECTION, catalogue.owner.applicationId, keyOf(container, name), (current) =>
      current !== null && sidOf(current) === sid ? 'remove' : null,
    );
  }

  private kept({ owner }: FileCatalogue, container: string, name: string): Promise<StoredDocument | null> {
    return this.gateway.ports.ledger.documents.get(COLLECTION, owner.applicationId, keyOf(container, name));
  }
}

function isNamed(file: StoredFile | null, container: string, name: string): file is StoredFile {
  return file?.body.container === container && flexml.accessNameOf({ sid: file.sid, ...file.body }) === name;
}

function keyOf(container: string, name: string): string {
  return `${container}/${name}`;
}

function sidOf({ body }: StoredDocument): string {
  const { sid } = body;
  return typeof sid === 'string' ? sid : '';
}

function taken(): RecgateError {
  return new RecgateError('request.conflict', 'Another file of the container has this file_access_name', {
    field: 'file_access_name',
  });
}
