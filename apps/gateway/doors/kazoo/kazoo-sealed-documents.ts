import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { JsonObject, StoredDocument } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';

/** A stored document with its seal open. */
export interface OpenDocument {
  readonly id: string;
  readonly document: JsonObject;
  /** `<write>-<digest>`. */
  readonly revision: string;
}

/** Documents of which only a summary lies in the clear: the whole may hold credentials, and is sealed. */
@Injectable()
export class KazooSealedDocuments {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  list(collection: string, { record }: DoorApplication): Promise<readonly StoredDocument[]> {
    return this.gateway.ports.ledger.documents.list(collection, record.id);
  }

  async get(collection: string, application: DoorApplication, id: string): Promise<OpenDocument | null> {
    const stored = await this.gateway.ports.ledger.documents.get(collection, application.record.id, id);
    return stored === null ? null : this.open(application, stored);
  }

  /**
   * @param decide sees the current document (null: there is none); null leaves all as it is
   * @param summarise what lies in the clear
   * @returns the document as it is now; null when there is none
   */
  async put(
    collection: string,
    application: DoorApplication,
    id: string,
    decide: (current: JsonObject | null) => JsonObject | null,
    summarise: (document: JsonObject) => JsonObject,
  ): Promise<OpenDocument | null> {
    const { ledger, vault } = this.gateway.ports;
    const owner = { tenantId: application.record.tenantId, ownerId: id };
    const { document: stored } = await ledger.documents.update(collection, application.record.id, id, (current) => {
      const next = decide(current === null ? null : this.open(application, current).document);
      if (next === null) return null;
      return { body: summarise(next), sealed: vault.seal({ document: JSON.stringify(next) }, owner) };
    });
    return stored === null ? null : this.open(application, stored);
  }

  async remove(collection: string, { record }: DoorApplication, id: string): Promise<void> {
    await this.gateway.ports.ledger.documents.update(collection, record.id, id, () => 'remove');
  }

  private open({ record }: DoorApplication, { id, version, sealed }: StoredDocument): OpenDocument {
    const { vault } = this.gateway.ports;
    const bag = sealed === null ? {} : vault.open(sealed, { tenantId: record.tenantId, ownerId: id });
    const text = bag['document'] ?? '{}';
    const digest = createHash('md5').update(text).digest('hex');
    return { id, document: kazoo.readEnvelope(text), revision: `${version}-${digest}` };
  }
}
