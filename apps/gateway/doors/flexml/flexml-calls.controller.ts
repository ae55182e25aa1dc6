import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Put, Req, UseGuards } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBody,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnprocessableEntityResponse,
} from '@nestjs/swagger';
import type { Request } from 'express';
import type { JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { bodyText, parametersOf } from '../shared/door-request.js';
import { FlexmlCalls, type KeptCall } from './flexml-calls.js';
import { renderList } from './flexml-storage.js';
import { FlexmlApplication, FlexmlGuard } from './flexml.guard.js';

/** The Calls API (contract §1.6). */
@ApiTags('flexml door')
@ApiBasicAuth()
@Controller('carrierx/flexml/v1/calls')
@UseGuards(FlexmlGuard)
export class FlexmlCallsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: FlexmlCalls,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Calls that wait for their time; filtered, ordered and paged' })
  @ApiOkResponse({ description: 'List envelope' })
  async list(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    const scheduled = (await this.calls.list(application.record.id)).filter(({ stage }) => stage === 'scheduled');
    return renderList(
      scheduled.map((call) => ({ sid: call.sid, show: () => show(call) })),
      parametersOf(request),
    );
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a call now, or after `delay` seconds' })
  @ApiBody({ schema: { type: 'object', required: ['calling_did', 'called_did'] } })
  @ApiOkResponse({ description: 'Call object' })
  @ApiUnprocessableEntityResponse({ description: 'A number is missing, or a field cannot be what it says' })
  async create(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    return show(await this.calls.create(application, readBody(request)));
  }

  @Get(':sid')
  @ApiOperation({ summary: 'A call that was made through this API, until an hour after its end' })
  @ApiOkResponse({ description: 'Call object' })
  @ApiNotFoundResponse()
  async get(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    return flexml.chosenFields(show(await this.calls.require(application, sid)), parametersOf(request));
  }

  @Patch(':sid')
  @ApiOperation({ summary: 'Change fields of a call; one that goes on is not interrupted' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'Call object' })
  @ApiNotFoundResponse()
  async patch(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    const body = readBody(request);
    return show(await this.calls.rewrite(application, sid, (before) => flexml.readCallChange(body, before)));
  }

  @Put(':sid')
  @ApiOperation({ summary: 'Replace the fields of a call; those that are not named get their defaults' })
  @ApiBody({ schema: { type: 'object', required: ['calling_did', 'called_did'] } })
  @ApiOkResponse({ description: 'Call object' })
  @ApiNotFoundResponse()
  async put(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    const body = readBody(request);
    return show(await this.calls.rewrite(application, sid, () => flexml.readNewCall(body)));
  }

  @Delete(':sid')
  @HttpCode(204)
  @ApiOperation({ summary: 'Cancel a call that waits, or end one that goes on' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  async delete(@FlexmlApplication() application: DoorApplication, @Param('sid') sid: string): Promise<void> {
    await this.calls.cancel(application, sid);
  }
}

function show({ sid, createdAt, fields }: KeptCall): JsonObject {
  return flexml.renderCallObject(sid, createdAt, fields);
}

function readBody(request: Request): JsonObject {
  return flexml.readStorageBody(bodyText(request));
}
