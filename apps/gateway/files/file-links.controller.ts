import { Controller, Get, Head, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RecgateError } from '#libs/recording-model';
import { FlexmlLinks } from '../doors/flexml/flexml-links.js';
import { ApiProblems } from '../http/problem.dto.js';
import { sendAudio } from '../http/send-audio.js';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';

/** Public links of files in the own store; whoever has the sid may read the file. Query parameters are ignored. */
@ApiTags('files')
@ApiProblems()
@Controller('f')
export class FileLinksController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly links: FlexmlLinks,
  ) {}

  @Head(':name')
  @ApiOperation({ summary: 'Size and type of a stored file' })
  @ApiOkResponse()
  head(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.send(name, request, response);
  }

  @Get(':name')
  @ApiOperation({ summary: 'A stored file by its sid, with or without its extension' })
  @ApiProduces('audio/x-wav', 'audio/mpeg', 'audio/basic')
  @ApiOkResponse({ description: 'The file, whole or a range of bytes', schema: { type: 'string', format: 'binary' } })
  @ApiNotFoundResponse()
  get(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.send(name, request, response);
  }

  private async send(name: string, request: Request, response: Response): Promise<void> {
    const found = await this.links.bySid(name);
    if (found.known) {
      if (found.file === null) throw noSuchFile();
      return sendAudio(request, response, found.file.audio, found.file.sha256);
    }
    const sid = /^([A-Za-z0-9_-]{1,128})(?:\.[A-Za-z0-9]{1,8})?$/.exec(name)?.[1];
    const audio = sid === undefined ? null : await this.gateway.openPublicFile(sid);
    if (audio === null) throw noSuchFile();
    await sendAudio(request, response, audio);
  }
}

function noSuchFile(): RecgateError {
  return new RecgateError('request.not_found', 'There is no such file');
}
