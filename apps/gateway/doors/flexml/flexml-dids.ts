import { Inject, Injectable } from '@nestjs/common';
import { RecgateError, type DocumentDecision, type JsonObject, type StoredDocument } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { noSuchSid } from './flexml-storage.js';

/** A number of the endpoint. */
export interface KeptDid {
  readonly sid: string;
  readonly fields: flexml.DidFields;
}

/** Numbers of one endpoint; each call looks through them. */
const MOST_DIDS = 10_000;

/** The numbers of applications' endpoints (contract §1.6). */
@Injectable()
export class FlexmlDids {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /** Oldest first. */
  async list({ record }: DoorApplication): Promise<readonly KeptDid[]> {
    const documents = await this.gateway.ports.ledger.documents.list(flexml.FLEXML_DIDS, record.id);
    return documents.map((document) => keptDid(document));
  }

  /** @throws RecgateError `request.not_found`, also for another application's */
  async require({ record }: DoorApplication, sid: string): Promise<KeptDid> {
    const document = await this.gateway.ports.ledger.documents.get(flexml.FLEXML_DIDS, record.id, sid);
    return document === null ? noSuchSid() : keptDid(document);
  }

  /** @throws RecgateError `field.*`; `request.conflict` for a number that the endpoint has already */
  async create(application: DoorApplication, body: JsonObject): Promise<KeptDid> {
    const fields = flexml.readNewDid(body);
    const known = (await this.list(application)).map((did) => did.fields);
    if (known.length >= MOST_DIDS) {
      throw new RecgateError('request.conflict', `An endpoint has at most ${MOST_DIDS} DIDs`);
    }
    if (flexml.didOf(fields.phonenumber, known) !== null) {
      throw new RecgateError('request.conflict', 'The endpoint has this number already', { field: 'phonenumber' });
    }
    const sid = this.gateway.ports.ids.uuid();
    return (await this.update(application, sid, () => written(fields))) ?? noSuchSid();
  }

  /** @throws RecgateError `field.*`, `request.not_found` */
  async change(
    application: DoorApplication,
    sid: string,
    read: (before: flexml.DidFields) => flexml.DidFields,
  ): Promise<KeptDid> {
    const changed = await this.update(application, sid, (current) =>
      current === null ? null : written(read(keptDid(current).fields)),
    );
    return changed ?? noSuchSid();
  }

  /** @throws RecgateError `request.not_found` */
  async remove(application: DoorApplication, sid: string): Promise<void> {
    await this.require(application, sid);
    await this.update(application, sid, (current) => (current === null ? null : 'remove'));
  }

  private async update(
    { record }: DoorApplication,
    sid: string,
    decide: (current: StoredDocument | null) => DocumentDecision,
  ): Promise<KeptDid | null> {
    const { documents } = this.gateway.ports.ledger;
    const { document } = await documents.update(flexml.FLEXML_DIDS, record.id, sid, decide);
    return document === null ? null : keptDid(document);
  }
}

function keptDid({ id, body }: StoredDocument): KeptDid {
  return { sid: id, fields: body as unknown as flexml.DidFields };
}

function written(fields: flexml.DidFields): DocumentDecision {
  return { body: fields, sealed: null };
}
