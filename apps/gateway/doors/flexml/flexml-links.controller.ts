import { Controller, Get, Head, Param, Req, Res } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { sendAudio } from '../../http/send-audio.js';
import { FlexmlLinks } from './flexml-links.js';
import { noSuchSid } from './flexml-storage.js';
import { allowAnyOrigin } from './flexml.guard.js';

/** Public links of storage.carrierx.com (contract §4.2). Query parameters are ignored: applications add some against caches. */
@ApiTags('flexml door')
@Controller('carrierx')
export class FlexmlLinksController {
  constructor(private readonly links: FlexmlLinks) {}

  @Head('f/:name')
  @ApiOperation({ summary: 'Size and type of a published file' })
  @ApiOkResponse()
  @ApiNotFoundResponse()
  headBySid(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.bySid(name, request, response);
  }

  @Get('f/:name')
  @ApiOperation({ summary: 'A published file by its sid, with or without its extension' })
  @ApiProduces('audio/x-wav', 'audio/mpeg', 'audio/basic')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiNotFoundResponse()
  async bySid(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    allowAnyOrigin(response);
    const file = await this.links.bySid(name);
    return file === null ? noSuchSid() : sendAudio(request, response, file);
  }

  @Head('c/:container/:name')
  @ApiOperation({ summary: 'Size and type of a file published by its access name' })
  @ApiOkResponse()
  @ApiNotFoundResponse()
  headByName(
    @Param('container') container: string,
    @Param('name') name: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    return this.byName(container, name, request, response);
  }

  @Get('c/:container/:name')
  @ApiOperation({ summary: 'A file published by its access name' })
  @ApiProduces('audio/x-wav', 'audio/mpeg', 'audio/basic')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiNotFoundResponse()
  async byName(
    @Param('container') container: string,
    @Param('name') name: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    allowAnyOrigin(response);
    const file = await this.links.byAccessName(container, name);
    return file === null ? noSuchSid() : sendAudio(request, response, file);
  }
}
