import { Controller, Delete, Get, Head, HttpCode, Param, Patch, Post, Put, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { sendAudio } from '../../http/send-audio.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { bodyText, parametersOf } from '../shared/door-request.js';
import { FlexmlFileWrites } from './flexml-file-writes.js';
import { FlexmlStorage, noSuchSid } from './flexml-storage.js';
import { audioOf } from './flexml-stored-audio.js';
import { readUpload } from './flexml-upload.js';
import { FlexmlApplication, FlexmlGuard } from './flexml.guard.js';

/** Files of the Storage API (contract §4.1, §4.4). */
@ApiTags('flexml door')
@ApiBearerAuth()
@ApiBasicAuth()
@Controller('carrierx/core/v2/storage/files')
@UseGuards(FlexmlGuard)
export class FlexmlFilesController {
  constructor(
    private readonly storage: FlexmlStorage,
    private readonly writes: FlexmlFileWrites,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Files, filtered, ordered and paged' })
  @ApiQuery({ name: 'filter', required: false })
  @ApiQuery({ name: 'limit', required: false })
  @ApiQuery({ name: 'offset', required: false })
  @ApiQuery({ name: 'order', required: false })
  @ApiOkResponse({ description: 'List envelope' })
  list(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    return this.storage.listFiles(application, parametersOf(request));
  }

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Upload a file: parts file_object and data, or the bytes with the fields in the query' })
  @ApiConsumes('multipart/form-data', 'application/octet-stream')
  @ApiBody({
    schema: {
      type: 'object',
      properties: { file_object: { type: 'string' }, data: { type: 'string', format: 'binary' } },
    },
  })
  @ApiCreatedResponse({ description: 'File object' })
  async upload(@FlexmlApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    const file = await readUpload(request, (fields, data) => this.writes.take(application, fields, data));
    return this.storage.showFile(application, file);
  }

  @Get(':sid')
  @ApiOperation({ summary: 'What is known of a file' })
  @ApiOkResponse({ description: 'File object' })
  @ApiNotFoundResponse()
  async get(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    const file = await this.storage.requireFile(application, sid);
    return flexml.chosenFields(await this.storage.showFile(application, file), parametersOf(request));
  }

  @Patch(':sid')
  @ApiOperation({ summary: 'Change fields of a file' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'File object' })
  @ApiNotFoundResponse()
  patch(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    return this.change(application, sid, request, false);
  }

  @Put(':sid')
  @ApiOperation({ summary: 'Replace the fields of a file; those that are not named get their defaults' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'File object' })
  @ApiNotFoundResponse()
  put(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    return this.change(application, sid, request, true);
  }

  @Delete(':sid')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a file; its recordings are told as deleted' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  async delete(@FlexmlApplication() application: DoorApplication, @Param('sid') sid: string): Promise<void> {
    if (!(await this.writes.delete(application, sid))) noSuchSid();
  }

  @Head(':sid/data')
  @ApiOperation({ summary: 'Size and type of the bytes of a file' })
  @ApiOkResponse()
  head(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    return this.data(application, sid, request, response);
  }

  @Get(':sid/data')
  @ApiOperation({ summary: 'The bytes of a file, whole or a range' })
  @ApiProduces('audio/x-wav', 'audio/mpeg', 'audio/basic', 'application/octet-stream')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiNotFoundResponse()
  async data(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const file = await this.storage.requireFile(application, sid);
    const catalogue = this.storage.of(application);
    void catalogue.touch(file);
    await sendAudio(request, response, audioOf(catalogue, file));
  }

  private async change(
    application: DoorApplication,
    sid: string,
    request: Request,
    whole: boolean,
  ): Promise<JsonObject> {
    const input = flexml.readFileInput(flexml.readStorageBody(bodyText(request)));
    const file = await this.writes.change(application, await this.storage.requireFile(application, sid), input, whole);
    return this.storage.showFile(application, file);
  }
}
