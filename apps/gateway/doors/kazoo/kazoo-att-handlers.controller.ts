import { Get, Inject, Param, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { parametersOf } from '../shared/door-request.js';
import { KazooAnswer } from './kazoo-answer.js';
import { KazooAccount } from './kazoo-exchange.js';
import { KazooRecordings } from './kazoo-recordings.service.js';
import { KazooAccountResource } from './kazoo-resource.js';

/** Recordings whose file could not be stored (contract §4.6). */
@KazooAccountResource('att_handlers_errors')
export class KazooAttHandlersController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly recordings: KazooRecordings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List uploads that were given up, newest first' })
  @ApiOkResponse()
  list(@KazooAccount() application: DoorApplication, @Req() request: Request): Promise<KazooAnswer> {
    return this.listOf(application, request, null);
  }

  @Get('handler/:handlerId')
  @ApiOperation({ summary: 'List uploads that one handler failed in; `overridden` is the url of a document' })
  @ApiOkResponse()
  listOfHandler(
    @KazooAccount() application: DoorApplication,
    @Param('handlerId') handlerId: string,
    @Req() request: Request,
  ): Promise<KazooAnswer> {
    return this.listOf(application, request, handlerId);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show why an upload was given up' })
  @ApiOkResponse()
  async show(@KazooAccount() application: DoorApplication, @Param('id') id: string): Promise<KazooAnswer> {
    const record = await this.recordings.require(application, id);
    if (!kazoo.hasAttachmentError(record, application.view)) throw kazoo.badIdentifier(id);
    return new KazooAnswer(kazoo.attachmentErrorDetail(record, application.view));
  }

  private async listOf(application: DoorApplication, request: Request, handlerId: string | null): Promise<KazooAnswer> {
    const { view } = application;
    const query = kazoo.readListQuery(parametersOf(request), this.gateway.ports.clock.now());
    const { items, extra } = await this.recordings.list(application, query, {
      takes: (record) =>
        kazoo.hasAttachmentError(record, view) && (handlerId === null || kazoo.handlerIdOf(record) === handlerId),
      show: (record) => kazoo.listedAttachmentError(record, view),
    });
    return new KazooAnswer(items, { extra });
  }
}
