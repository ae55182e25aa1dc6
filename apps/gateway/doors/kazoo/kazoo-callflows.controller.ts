import { Delete, Get, Param, Patch, Post, Put, Req } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiCreatedResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { Request } from 'express';
import type { JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import type { DoorApplication } from '../shared/door-applications.js';
import { parametersOf, pathAsSent } from '../shared/door-request.js';
import { KazooAnswer } from './kazoo-answer.js';
import { KazooCallflows, type Callflow } from './kazoo-callflows.js';
import { KazooAccount, KazooEnvelope } from './kazoo-exchange.js';
import { KazooAccountResource } from './kazoo-resource.js';

/** Stored callflows (contract §4.4). */
@KazooAccountResource('callflows')
export class KazooCallflowsController {
  constructor(private readonly callflows: KazooCallflows) {}

  @Get()
  @ApiOperation({ summary: 'List the callflows: names, numbers, modules' })
  @ApiOkResponse()
  async list(@KazooAccount() application: DoorApplication, @Req() request: Request): Promise<KazooAnswer> {
    const { data, extra } = await this.callflows.list(application, parametersOf(request));
    return new KazooAnswer(data, extra === undefined ? {} : { extra });
  }

  @Put()
  @ApiOperation({ summary: 'Store a callflow; calls to its numbers and patterns run it' })
  @ApiCreatedResponse({ description: 'Location names the callflow' })
  @ApiBadRequestResponse({ description: 'validation error, with all failures together' })
  async create(
    @KazooAccount() application: DoorApplication,
    @KazooEnvelope() envelope: JsonObject,
    @Req() request: Request,
  ): Promise<KazooAnswer> {
    const callflow = await this.callflows.create(application, kazoo.envelopeData(envelope));
    const headers = { Location: `${pathAsSent(request).replace(/\/+$/, '')}/${callflow.id}` };
    return answer(callflow, { status: 201, headers });
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a callflow, with the defaults of the schema filled in' })
  @ApiOkResponse()
  @ApiNotFoundResponse({ description: 'bad_identifier' })
  async show(@KazooAccount() application: DoorApplication, @Param('id') id: string): Promise<KazooAnswer> {
    return answer(await this.callflows.show(application, id));
  }

  @Post(':id')
  @ApiOperation({ summary: 'Replace a callflow' })
  @ApiOkResponse()
  @ApiBadRequestResponse({ description: 'validation error' })
  async replace(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    return answer(await this.callflows.change(application, id, () => kazoo.envelopeData(envelope)));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change some members of a callflow' })
  @ApiOkResponse()
  @ApiBadRequestResponse({ description: 'validation error' })
  async patch(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    const changes = kazoo.envelopeData(envelope);
    return answer(await this.callflows.change(application, id, (current) => kazoo.mergeDocument(current, changes)));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a callflow; calls that run it go on' })
  @ApiOkResponse()
  async remove(@KazooAccount() application: DoorApplication, @Param('id') id: string): Promise<KazooAnswer> {
    const callflow = await this.callflows.remove(application, id);
    return answer({ ...callflow, document: { ...callflow.document, _read_only: { deleted: true } } });
  }
}

function answer({ document, revision }: Callflow, options: Omit<KazooAnswer['options'], 'revision'> = {}): KazooAnswer {
  return new KazooAnswer(document, { ...options, revision });
}
