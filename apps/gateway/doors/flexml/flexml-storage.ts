import { Inject, Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import {
  FileCatalogue,
  ownerOfSid,
  type Catalogued,
  type CataloguedFile,
  type CatalogueOwner,
  type Container,
} from '#libs/orchestration';
import { RecgateError, type JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';

/** The books of files and containers as the Storage API sees them (contract §4). */
@Injectable()
export class FlexmlStorage {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /** The files and containers of one application. */
  of({ record }: DoorApplication): FileCatalogue {
    return this.at({ tenantId: record.tenantId, applicationId: record.id });
  }

  /** Whose a container or file is; null when it is nobody's. */
  ownerOf(sid: string): Promise<CatalogueOwner | null> {
    return ownerOfSid(this.gateway.ports.ledger.documents, flexml.flexmlCatalogue, sid);
  }

  at(owner: CatalogueOwner): FileCatalogue {
    const catalogue = FileCatalogue.of(this.gateway.ports, 'flexml', owner);
    if (catalogue === null) throw new RecgateError('gateway.unavailable', 'This gateway has no store of its own');
    return catalogue;
  }

  /** @throws RecgateError `request.not_found`, also for another application's */
  async requireContainer(application: DoorApplication, sid: string): Promise<Catalogued<Container>> {
    return (await this.of(application).containers.get(sid)) ?? noSuchSid();
  }

  /** @throws RecgateError `request.not_found`, also for another application's */
  async requireFile(application: DoorApplication, sid: string): Promise<Catalogued<CataloguedFile>> {
    return (await this.of(application).get(sid)) ?? noSuchSid();
  }

  showContainer({ sid, body }: Catalogued<Container>): JsonObject {
    return flexml.renderContainer({ sid, quota: body.quota, total: body.total, fields: body.fields });
  }

  /** One file; its links follow from its container. */
  async showFile(application: DoorApplication, file: Catalogued<CataloguedFile>): Promise<JsonObject> {
    const container = await this.of(application).containers.get(file.body.container);
    return flexml.renderFile({ sid: file.sid, ...file.body }, container?.body.fields ?? {});
  }

  async listContainers(application: DoorApplication, query: URLSearchParams): Promise<JsonObject> {
    const containers = await this.of(application).containers.list();
    const items = containers.map((container) => ({ sid: container.sid, show: () => this.showContainer(container) }));
    return renderList(items, query);
  }

  async listFiles(application: DoorApplication, query: URLSearchParams): Promise<JsonObject> {
    const catalogue = this.of(application);
    const containers = new Map((await catalogue.containers.list()).map(({ sid, body }) => [sid, body.fields]));
    const files = await catalogue.list();
    const show = ({ sid, body }: Catalogued<CataloguedFile>) =>
      flexml.renderFile({ sid, ...body }, containers.get(body.container) ?? {});
    return renderList(
      files.map((file) => ({ sid: file.sid, show: () => show(file) })),
      query,
    );
  }
}

/** The list envelope; `shuffle` is left to chance. */
export function renderList(items: readonly flexml.ListItem[], query: URLSearchParams): JsonObject {
  return flexml.renderList(items, query, (n) => randomInt(n));
}

/** @throws RecgateError `request.not_found` in the vendor's words */
export function noSuchSid(): never {
  throw new RecgateError('request.not_found', flexml.NO_SUCH_SID);
}
