import { Delete, Get, Inject, Param, Patch, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiQuery } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { deleteRecording } from '#libs/orchestration';
import type { JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { sendAudio } from '../../http/send-audio.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { parametersOf } from '../shared/door-request.js';
import { KazooAnswer } from './kazoo-answer.js';
import { factsOf, KazooAccount, KazooEnvelope } from './kazoo-exchange.js';
import { KazooRecordings } from './kazoo-recordings.service.js';
import { KazooAccountResource } from './kazoo-resource.js';

/** The recordings of an account: metadata, audio, deletion (contract §4.3). */
@KazooAccountResource('recordings')
export class KazooRecordingsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly recordings: KazooRecordings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the metadata of recordings, newest first' })
  @ApiQuery({ name: 'created_from', required: false, description: 'Gregorian seconds' })
  @ApiQuery({ name: 'created_to', required: false, description: 'Gregorian seconds' })
  @ApiQuery({ name: 'page_size', required: false })
  @ApiQuery({ name: 'start_key', required: false, description: '`next_start_key` of the page before' })
  @ApiQuery({ name: 'paginate', required: false })
  @ApiQuery({ name: 'ascending', required: false })
  @ApiOkResponse()
  list(@KazooAccount() application: DoorApplication, @Req() request: Request): Promise<KazooAnswer> {
    return listRecordings(this.gateway, this.recordings, application, request, null);
  }

  @Get(':id')
  @ApiOperation({ summary: 'The metadata of a recording, or its audio when Accept asks for it' })
  @ApiQuery({ name: 'accept', required: false, example: 'audio/mpeg', description: 'Takes the place of the header' })
  @ApiQuery({ name: 'inline', required: false })
  @ApiHeader({ name: 'Range', required: false })
  @ApiProduces('application/json', 'audio/mpeg', 'audio/x-wav')
  @ApiOkResponse()
  @ApiNotFoundResponse({ description: 'bad_identifier' })
  async show(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const parameters = parametersOf(request);
    const form = kazoo.wantedForm(request.headers.accept, parameters.get('accept'));
    if (form === null) throw kazoo.notAcceptable();
    const record = await this.recordings.require(application, id);
    if (form === 'json') {
      const data = kazoo.kazooRecordingDocument(record, application.view);
      response.status(200).json(kazoo.successEnvelope({ data }, factsOf(request)));
      return;
    }
    const audio = await this.gateway.openAudio(record.id);
    if (audio === null) throw kazoo.noAttachment(id);
    const inline = parameters.get('inline') === 'true';
    const disposition = kazoo.audioDisposition(record, application.view, inline);
    await sendAudio(request, response, audio, disposition);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change user_metadata (5.x)' })
  @ApiOkResponse()
  async annotate(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    if (kazoo.kazooSettings(application.view).version !== '5.x') throw kazoo.methodNotAllowed();
    const { ledger, clock } = this.gateway.ports;
    const found = await this.recordings.require(application, id);
    const data = kazoo.envelopeData(envelope);
    const { record } = await ledger.recordings.transition(found.id, (current) =>
      current.deletedAt === undefined
        ? { to: current.state, at: clock.now(), patch: { notes: kazoo.patchedNotes(current.notes ?? {}, data) } }
        : null,
    );
    if (record === null || !kazoo.hasKazooDocument(record, application.view)) throw kazoo.badIdentifier(id);
    return new KazooAnswer(kazoo.kazooRecordingDocument(record, application.view));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a recording and its own file; files at a url or handler stay' })
  @ApiOkResponse()
  async remove(@KazooAccount() application: DoorApplication, @Param('id') id: string): Promise<KazooAnswer> {
    const found = await this.recordings.require(application, id);
    const record = await deleteRecording(this.gateway.ports, found.id);
    return new KazooAnswer(kazoo.deletedRecording(record, application.view));
  }
}

/** The recordings of a user. */
@KazooAccountResource('users/:userId/recordings')
export class KazooUserRecordingsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly recordings: KazooRecordings,
  ) {}

  @Get()
  @ApiOperation({ summary: "List the metadata of a user's recordings (`owner_id`), newest first" })
  @ApiOkResponse()
  list(
    @KazooAccount() application: DoorApplication,
    @Param('userId') userId: string,
    @Req() request: Request,
  ): Promise<KazooAnswer> {
    return listRecordings(this.gateway, this.recordings, application, request, userId);
  }
}

async function listRecordings(
  { ports }: GatewayContext,
  recordings: KazooRecordings,
  application: DoorApplication,
  request: Request,
  ownerId: string | null,
): Promise<KazooAnswer> {
  const { view } = application;
  const query = kazoo.readListQuery(parametersOf(request), ports.clock.now());
  const { items, extra } = await recordings.list(application, query, {
    takes: (record) =>
      kazoo.hasKazooDocument(record, view) && (ownerId === null || kazoo.ownerOf(record, view) === ownerId),
    show: (record) => kazoo.listedRecording(record, view),
  });
  return new KazooAnswer(items, { extra });
}
