import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Put, Req, UseGuards } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBearerAuth,
  ApiBody,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { Request } from 'express';
import type { Catalogued, Container } from '#libs/orchestration';
import { REDACTED, RecgateError, type JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { bodyText, parametersOf } from '../shared/door-request.js';
import { FlexmlStorage, noSuchSid } from './flexml-storage.js';
import { FlexmlApplication, FlexmlGuard } from './flexml.guard.js';

/** Containers of one account; each list looks through them. */
const MOST_CONTAINERS = 10_000;

/** Containers of the Storage API (contract §4.1, §4.3). */
@ApiTags('flexml door')
@ApiBearerAuth()
@ApiBasicAuth()
@Controller('carrierx/core/v2/storage/containers')
@UseGuards(FlexmlGuard)
export class FlexmlContainersController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly storage: FlexmlStorage,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Containers, filtered, ordered and paged' })
  @ApiQuery({ name: 'filter', required: false })
  @ApiQuery({ name: 'limit', required: false })
  @ApiQuery({ name: 'offset', required: false })
  @ApiQuery({ name: 'order', required: false })
  @ApiOkResponse({ description: 'List envelope' })
  list(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    return this.storage.listContainers(application, parametersOf(request));
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a container; any subset of its fields' })
  @ApiBody({ schema: { type: 'object' }, required: false })
  @ApiOkResponse({ description: 'Container object' })
  async create(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    const input = flexml.readContainerInput(flexml.readStorageBody(bodyText(request)));
    const sid = this.gateway.ports.ids.uuid();
    const fields = { ...flexml.newContainerFields(application.view), ...input.fields };
    const sealed = this.seal(application, sid, input.fields, null);
    const quota = { ...flexml.DEFAULT_QUOTA, ...input.quota };
    const { containers } = this.storage.of(application);
    if ((await containers.list()).length >= MOST_CONTAINERS) {
      throw new RecgateError('request.conflict', `An account has at most ${MOST_CONTAINERS} containers`);
    }
    return this.storage.showContainer(await containers.create(sid, quota, flexml.withoutCredentials(fields), sealed));
  }

  @Get(':sid')
  @ApiOperation({ summary: 'A container' })
  @ApiOkResponse({ description: 'Container object' })
  @ApiNotFoundResponse()
  async get(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    const container = await this.storage.requireContainer(application, sid);
    return flexml.chosenFields(this.storage.showContainer(container), parametersOf(request));
  }

  @Patch(':sid')
  @ApiOperation({ summary: 'Change fields of a container' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'Container object' })
  @ApiNotFoundResponse()
  patch(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    return this.change(application, sid, request, ({ body }) => body);
  }

  @Put(':sid')
  @ApiOperation({ summary: 'Replace the fields of a container; those that are not named get their defaults' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'Container object' })
  @ApiNotFoundResponse()
  put(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    const fields = flexml.newContainerFields(application.view);
    return this.change(application, sid, request, ({ body }) => ({ ...body, quota: flexml.DEFAULT_QUOTA, fields }));
  }

  @Delete(':sid')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an empty container' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  async delete(@FlexmlApplication() application: DoorApplication, @Param('sid') sid: string): Promise<void> {
    if (!(await this.storage.of(application).containers.remove(sid))) noSuchSid();
  }

  private async change(
    application: DoorApplication,
    sid: string,
    request: Request,
    base: (current: Catalogued<Container>) => Container,
  ): Promise<JsonObject> {
    const { fields, quota } = flexml.readContainerInput(flexml.readStorageBody(bodyText(request)));
    const isEcho = JSON.stringify(fields['external_attributes'] ?? {}).includes(`"${REDACTED}"`);
    const given = isEcho ? without(fields, 'external_attributes') : fields;
    const changed = await this.storage.of(application).containers.change(sid, (current) => {
      const start = base(current);
      const kept = isEcho ? { external_attributes: current.body.fields['external_attributes'] ?? {} } : {};
      const next = { ...start.fields, ...kept, ...flexml.withoutCredentials(given) };
      return {
        body: { ...start, quota: { ...start.quota, ...quota }, fields: next },
        sealed: this.seal(application, sid, given, current.sealed),
      };
    });
    return changed === null ? noSuchSid() : this.storage.showContainer(changed);
  }

  /** Settings of an external store may hold credentials: they are kept sealed and never shown. */
  private seal({ record }: DoorApplication, sid: string, fields: JsonObject, before: string | null): string | null {
    const attributes = fields['external_attributes'];
    if (attributes === undefined) return before;
    const text = JSON.stringify(attributes);
    if (text === '{}') return null;
    return this.gateway.ports.vault.seal({ external_attributes: text }, { tenantId: record.tenantId, ownerId: sid });
  }
}

function without(fields: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name));
}
