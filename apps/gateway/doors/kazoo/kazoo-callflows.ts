import { Inject, Injectable } from '@nestjs/common';
import type { JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { KazooSealedDocuments, type OpenDocument } from './kazoo-sealed-documents.js';

/** A callflow as it reads back. */
export type Callflow = OpenDocument;

/** Callflows that an account may store. */
const MOST_CALLFLOWS = 1000;

/** Callflows of an account; the ledger has each before it is answered. */
@Injectable()
export class KazooCallflows {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly documents: KazooSealedDocuments,
  ) {}

  /** @throws CrossbarError `validation error` for filters and paging that cannot be read */
  async list(application: DoorApplication, parameters: URLSearchParams): Promise<kazoo.CrossbarResult> {
    const stored = await this.documents.list(kazoo.CALLFLOW_COLLECTION, application);
    return kazoo.callflowPage(stored, parameters, this.gateway.ports.clock.now());
  }

  /** @throws CrossbarError `validation error` */
  async create(application: DoorApplication, data: JsonObject): Promise<Callflow> {
    const id = this.gateway.ports.ids.hex(32);
    const stored = await this.documents.list(kazoo.CALLFLOW_COLLECTION, application);
    if (stored.length >= MOST_CALLFLOWS) {
      throw kazoo.invalidData({ message: `an account has at most ${MOST_CALLFLOWS} callflows` });
    }
    return this.write(application, id, () => data);
  }

  /** @throws CrossbarError `bad_identifier` */
  async show(application: DoorApplication, id: string): Promise<Callflow> {
    const found = await this.documents.get(kazoo.CALLFLOW_COLLECTION, application, id);
    if (found === null) throw kazoo.badIdentifier(id);
    return withId(found);
  }

  /** @throws CrossbarError `bad_identifier`, `validation error` */
  async change(
    application: DoorApplication,
    id: string,
    decide: (current: JsonObject) => JsonObject,
  ): Promise<Callflow> {
    return this.write(application, id, (current) => {
      if (current === null) throw kazoo.badIdentifier(id);
      return decide(current);
    });
  }

  /** @returns what it was */
  async remove(application: DoorApplication, id: string): Promise<Callflow> {
    const callflow = await this.show(application, id);
    await this.documents.remove(kazoo.CALLFLOW_COLLECTION, application, id);
    return callflow;
  }

  private async write(
    application: DoorApplication,
    id: string,
    decide: (current: JsonObject | null) => JsonObject,
  ): Promise<Callflow> {
    const settings = kazoo.kazooSettings(application.view);
    const others = await this.documents.list(kazoo.CALLFLOW_COLLECTION, application);
    const written = await this.documents.put(
      kazoo.CALLFLOW_COLLECTION,
      application,
      id,
      (current) => {
        const callflow = kazoo.completeCallflow(decide(current), settings);
        kazoo.requireFreeNumbers(id, callflow, others);
        return callflow;
      },
      (callflow) => kazoo.callflowSummary(id, callflow),
    );
    if (written === null) throw kazoo.badIdentifier(id);
    return withId(written);
  }
}

function withId(callflow: Callflow): Callflow {
  return { ...callflow, document: { ...callflow.document, id: callflow.id } };
}
