import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Req, UseGuards } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBody,
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Request } from 'express';
import type { JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import type { DoorApplication } from '../shared/door-applications.js';
import { bodyText, parametersOf } from '../shared/door-request.js';
import { FlexmlDids, type KeptDid } from './flexml-dids.js';
import { renderList } from './flexml-storage.js';
import { FlexmlApplication, FlexmlGuard } from './flexml.guard.js';

/** Numbers of the endpoint (contract §1.6). The vendor sells them; here an operator makes them known. */
@ApiTags('flexml door')
@ApiBasicAuth()
@Controller('carrierx/flexml/v1/dids')
@UseGuards(FlexmlGuard)
export class FlexmlDidsController {
  constructor(private readonly dids: FlexmlDids) {}

  @Get()
  @ApiOperation({ summary: 'Numbers of the endpoint, filtered, ordered and paged' })
  @ApiOkResponse({ description: 'List envelope' })
  async list(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    const dids = await this.dids.list(application);
    return renderList(
      dids.map((did) => ({ sid: did.sid, show: () => show(did) })),
      parametersOf(request),
    );
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a number known' })
  @ApiBody({ schema: { type: 'object', required: ['phonenumber'] } })
  @ApiOkResponse({ description: 'DID object' })
  @ApiConflictResponse()
  async create(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    return show(await this.dids.create(application, readBody(request)));
  }

  @Get(':sid')
  @ApiOperation({ summary: 'A number of the endpoint' })
  @ApiOkResponse({ description: 'DID object' })
  @ApiNotFoundResponse()
  async get(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    return flexml.chosenFields(show(await this.dids.require(application, sid)), parametersOf(request));
  }

  @Patch(':sid')
  @ApiOperation({ summary: 'Change url, method and status callback of a number' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'DID object' })
  @ApiNotFoundResponse()
  async patch(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    const body = readBody(request);
    return show(await this.dids.change(application, sid, (before) => flexml.readDidChange(body, before)));
  }

  @Put(':sid')
  @ApiOperation({ summary: 'Replace url, method and status callback of a number' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'DID object' })
  @ApiNotFoundResponse()
  async put(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    const body = readBody(request);
    return show(await this.dids.change(application, sid, (before) => flexml.readDidReplacement(body, before)));
  }

  @Delete(':sid')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a number' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  async delete(@FlexmlApplication() application: DoorApplication, @Param('sid') sid: string): Promise<void> {
    await this.dids.remove(application, sid);
  }
}

function show({ sid, fields }: KeptDid): JsonObject {
  return flexml.renderDid(sid, fields);
}

function readBody(request: Request): JsonObject {
  return flexml.readStorageBody(bodyText(request));
}
