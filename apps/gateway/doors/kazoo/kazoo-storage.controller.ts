import { Delete, Get, Inject, Patch, Post, Put, Req } from '@nestjs/common';
import { ApiConflictResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import { changeSettings, viewApplication } from '#libs/orchestration';
import type { ApplicationView, JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { parametersOf } from '../shared/door-request.js';
import { KazooAnswer } from './kazoo-answer.js';
import { KazooAccount, KazooEnvelope } from './kazoo-exchange.js';
import { KazooAccountResource } from './kazoo-resource.js';
import { KazooStorageProbe } from './kazoo-storage.probe.js';

/** The storage document of an account: another face of its setting `storagePlan` (contract §2.5). */
@KazooAccountResource('storage')
export class KazooStorageController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly probe: KazooStorageProbe,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Show the storage document, its credentials masked' })
  @ApiOkResponse()
  show(@KazooAccount() { view }: DoorApplication): KazooAnswer {
    return new KazooAnswer(kazoo.shownStorage(kazoo.requireStorageDocument(view), view));
  }

  @Put()
  @ApiOperation({ summary: 'Make the storage document; every handler is tried with a small file first' })
  @ApiCreatedResponse()
  @ApiConflictResponse({ description: 'There is one already' })
  async create(
    @KazooAccount() application: DoorApplication,
    @KazooEnvelope() envelope: JsonObject,
    @Req() request: Request,
  ): Promise<KazooAnswer> {
    if (kazoo.storageDocument(application.view) !== null) throw kazoo.storageConflict();
    const document = await this.checked(application, kazoo.envelopeData(envelope), null, 'replace', request);
    const view = await this.write(application, (current) => {
      if (kazoo.storageDocument(current) !== null) throw kazoo.storageConflict();
      return document;
    });
    return new KazooAnswer(kazoo.shownStorage(document, view), { status: 201 });
  }

  @Post()
  @ApiOperation({ summary: 'Replace the storage document' })
  @ApiOkResponse()
  replace(
    @KazooAccount() application: DoorApplication,
    @KazooEnvelope() envelope: JsonObject,
    @Req() request: Request,
  ): Promise<KazooAnswer> {
    return this.change(application, envelope, 'replace', request);
  }

  @Patch()
  @ApiOperation({ summary: 'Change the storage document' })
  @ApiOkResponse()
  merge(
    @KazooAccount() application: DoorApplication,
    @KazooEnvelope() envelope: JsonObject,
    @Req() request: Request,
  ): Promise<KazooAnswer> {
    return this.change(application, envelope, 'merge', request);
  }

  @Delete()
  @ApiOperation({ summary: 'Remove the storage document' })
  @ApiOkResponse()
  async remove(@KazooAccount() application: DoorApplication): Promise<KazooAnswer> {
    const document = kazoo.requireStorageDocument(application.view);
    await this.write(application, () => null);
    return new KazooAnswer({ ...kazoo.shownStorage(document, application.view), _read_only: { deleted: true } });
  }

  private async change(
    application: DoorApplication,
    envelope: JsonObject,
    how: 'replace' | 'merge',
    request: Request,
  ): Promise<KazooAnswer> {
    const before = kazoo.requireStorageDocument(application.view);
    const document = await this.checked(application, kazoo.envelopeData(envelope), before, how, request);
    const view = await this.write(application, () => document);
    return new KazooAnswer(kazoo.shownStorage(document, view));
  }

  private async checked(
    { view }: DoorApplication,
    data: JsonObject,
    before: JsonObject | null,
    how: 'replace' | 'merge',
    request: Request,
  ): Promise<JsonObject> {
    if (parametersOf(request).get('validate_settings') === 'false') throw kazoo.probeRequired();
    const document = kazoo.readStorage(view, data, before, how);
    await this.probe.try(document);
    return document;
  }

  private async write(
    { record }: DoorApplication,
    decide: (application: ApplicationView) => JsonObject | null,
  ): Promise<ApplicationView> {
    const { ports } = this.gateway;
    const changed = await changeSettings(ports, record.id, (view) => kazoo.storageSettings(decide(view)));
    return viewApplication(ports, changed);
  }
}
