import { Controller, Get, HttpCode, Post, Req, Res, UseGuards, type Type } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBearerAuth,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { JsonObject } from '#libs/recording-model';
import { AculabFileServices, AculabServices, protocolCheck } from './aculab-services.js';
import type { AculabAccount } from './aculab-accounts.js';
import { Account, AculabGuard, ForService } from './aculab.guard.js';

const FILE_TYPE = { name: 'filetype', enum: ['media', 'rest', 'msg_media'] };
const MEDIA = { name: 'filetype', enum: ['media'] };
const FILE_NAME = { name: 'filename', description: 'As record told it, for example /rest_api/recordings/….wav' };

/** Every service answers GET with a query and POST with a form alike (contract §8), so its routes are made twice. */
function controllersFor(verb: 'get' | 'post'): Type[] {
  const Route = verb === 'get' ? Get : Post;
  const describe = (service: string, summary: string) =>
    ApiOperation({ operationId: `aculab_${verb}_${service}`, summary });

  @ApiTags('aculab door')
  @ApiBasicAuth()
  @ApiBearerAuth()
  @UseGuards(AculabGuard)
  @Controller('aculab')
  class FileRoutes {
    constructor(private readonly files: AculabFileServices) {}

    @Route('file_list')
    @HttpCode(200)
    @ForService('file_list')
    @describe('file_list', 'List the files of the media store, or the logs of application runs')
    @ApiQuery(FILE_TYPE)
    @ApiQuery({ ...FILE_NAME, required: false })
    @ApiQuery({ name: 'prefix', required: false })
    @ApiOkResponse({ description: 'By name: created_date and size' })
    list(@Account() account: AculabAccount, @Req() request: Request): Promise<JsonObject> {
      return this.files.list(account, request);
    }

    @Route('file_get')
    @HttpCode(200)
    @ForService('file_get')
    @describe('file_get', 'Download a file')
    @ApiQuery(FILE_TYPE)
    @ApiQuery(FILE_NAME)
    @ApiOkResponse({ description: 'The bytes of the file' })
    get(@Account() account: AculabAccount, @Req() request: Request, @Res() response: Response): Promise<void> {
      return this.files.get(account, request, response);
    }

    @Route('file_write')
    @HttpCode(200)
    @ForService('file_write')
    @describe('file_write', 'Upload a media file; an unencrypted one is checked for its format')
    @ApiConsumes('multipart/form-data', 'application/octet-stream')
    @ApiQuery(MEDIA)
    @ApiQuery(FILE_NAME)
    @ApiQuery({ name: 'encrypted', required: false, type: Boolean })
    @ApiOkResponse({ description: 'filename and size' })
    write(@Account() account: AculabAccount, @Req() request: Request): Promise<JsonObject> {
      return this.files.write(account, request);
    }

    @Route('file_delete')
    @HttpCode(200)
    @ForService('file_delete')
    @describe('file_delete', 'Delete a media file')
    @ApiQuery(MEDIA)
    @ApiQuery(FILE_NAME)
    @ApiOkResponse({ description: 'filename' })
    delete(@Account() account: AculabAccount, @Req() request: Request): Promise<JsonObject> {
      return this.files.delete(account, request);
    }

    @Route('file_move')
    @HttpCode(200)
    @ForService('file_move')
    @describe('file_move', 'Give a media file another name')
    @ApiQuery(MEDIA)
    @ApiQuery(FILE_NAME)
    @ApiQuery({ name: 'new_filename' })
    @ApiOkResponse({ description: 'filename' })
    move(@Account() account: AculabAccount, @Req() request: Request): Promise<JsonObject> {
      return this.files.move(account, request);
    }
  }

  @ApiTags('aculab door')
  @ApiBasicAuth()
  @ApiBearerAuth()
  @UseGuards(AculabGuard)
  @Controller('aculab')
  class RunRoutes {
    constructor(private readonly services: AculabServices) {}

    @Route('rest_interrupt')
    @HttpCode(200)
    @ForService('rest_interrupt')
    @describe('rest_interrupt', 'Interrupt running applications')
    @ApiQuery({ name: 'application_instance_ids', description: 'Joined with /' })
    @ApiQuery({ name: 'redirect_page', required: false })
    @ApiQuery({ name: 'redirect_method', required: false, enum: ['GET', 'POST'] })
    @ApiOkResponse({ description: 'By id: result and action' })
    interrupt(@Account() account: AculabAccount, @Req() request: Request): Promise<JsonObject> {
      return this.services.interrupt(account, request);
    }

    @Route('service_start')
    @HttpCode(200)
    @ForService('service_start')
    @describe('service_start', 'Start outbound calls of a service')
    @ApiQuery({
      name: 'rest_calls',
      description: 'JSON: an object or a list of {to, from, token, outbound_parameters}',
    })
    @ApiOkResponse({ description: 'Reference ids', type: [String] })
    start(@Account() account: AculabAccount, @Req() request: Request): Promise<readonly string[]> {
      return this.services.start(account, request);
    }

    @Route('application_status')
    @HttpCode(200)
    @ForService('application_status')
    @describe('application_status', 'What became of an application run')
    @ApiQuery({ name: 'application_instance_id' })
    @ApiOkResponse({ description: 'adr, cdrs, errs and fdrs' })
    status(@Account() account: AculabAccount, @Req() request: Request): Promise<JsonObject> {
      return this.services.status(account, request);
    }

    @Route('access-token/new-access-token')
    @HttpCode(200)
    @ForService('access-token/new-access-token')
    @describe('new_access_token', 'Make an access token that lapses by itself')
    @ApiQuery({ name: 'ttl', required: false, description: 'Seconds, 60 to 43200; default 3600' })
    @ApiQuery({ name: 'service', required: false, description: 'Name of the outbound service that it may start' })
    @ApiQuery({ name: 'filetypes', required: false, description: 'media, rest_logs' })
    @ApiQuery({ name: 'file_prefix', required: false })
    @ApiQuery({ name: 'media_write', required: false, type: Boolean })
    @ApiOkResponse({ description: 'The token as a JSON string', type: String })
    newToken(@Account() account: AculabAccount, @Req() request: Request, @Res() response: Response): void {
      response.json(this.services.newToken(account, request));
    }

    @Route('security/protocol_check')
    @HttpCode(200)
    @ForService('security/protocol_check')
    @describe('protocol_check', 'What the connection is secured with')
    @ApiOkResponse({ description: 'pass, protocol, cipher, user_agent and source_address' })
    protocolCheck(@Req() request: Request): JsonObject {
      return protocolCheck(request);
    }
  }

  return [FileRoutes, RunRoutes];
}

/** The web services by GET and by POST. */
export const ACULAB_CONTROLLERS: readonly Type[] = [...controllersFor('get'), ...controllersFor('post')];
