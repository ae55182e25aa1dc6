import { Controller, Get, Head, Param, Req, Res } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RecgateError } from '#libs/recording-model';
import { FlexmlLinks } from '../doors/flexml/flexml-links.js';
import { ApiProblems } from '../http/problem.dto.js';
import { sendAudio } from '../http/send-audio.js';

/** Public links of files in the own store; whoever has the sid may read the file. Query parameters are ignored. */
@ApiTags('files')
@ApiProblems()
@Controller('f')
export class FileLinksController {
  constructor(private readonly links: FlexmlLinks) {}

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
    const file = await this.links.bySid(name);
    if (file === null) throw new RecgateError('request.not_found', 'There is no such file');
    await sendAudio(request, response, file);
  }
}
