import { Delete, Get, HttpCode, Inject, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiProduces, ApiQuery } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { deleteRecording } from '#libs/orchestration';
import { RecgateError, type JsonObject, type RecordingRecord } from '#libs/recording-model';
import { sinch } from '#libs/vendor-adapters';
import { sendAudio } from '../../http/send-audio.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { parametersOf } from '../shared/door-request.js';
import { SinchResource } from './sinch-resource.js';
import { SinchApplication } from './sinch.guard.js';
import { RECORDING_PATHS, recordingKey } from './sinch.paths.js';

const KEY = { name: 'key', description: 'Name of the file, also with slashes' };
/** Recordings looked at for one page of the list. */
const AT_A_TIME = 200;

/** Recordings in the gateway's own store, as Sinch Drive had them (contract §3). */
@SinchResource(RECORDING_PATHS)
export class SinchRecordingsController {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  @Get()
  @ApiOperation({ summary: 'List the recordings in the own store, newest first' })
  @ApiQuery({ name: 'from', required: false })
  @ApiQuery({ name: 'to', required: false })
  @ApiQuery({ name: 'page', required: false })
  @ApiQuery({ name: 'pageSize', required: false })
  @ApiOkResponse({ description: 'key, url, createdOn, expiresOn and headers of each' })
  async list(
    @SinchApplication() application: DoorApplication,
    @Req() request: Request,
  ): Promise<readonly JsonObject[]> {
    const query = sinch.readSinchRecordingQuery(parametersOf(request));
    const { gatewayUrl } = this.gateway.ports.settings;
    const records = await this.page(application, query);
    return records.map((record) => sinch.renderSinchRecording(record, application.view, gatewayUrl));
  }

  @Get('*key')
  @ApiOperation({ summary: 'The audio of a recording, or its transcript' })
  @ApiParam(KEY)
  @ApiProduces('audio/mpeg', 'audio/wav', 'application/json')
  @ApiOkResponse()
  async audio(
    @SinchApplication() application: DoorApplication,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const key = recordingKey(request);
    const record = await this.require(application, key);
    if (record.names['key'] !== key) return this.transcript(application, record, response);
    const audio = await this.gateway.openAudio(record.id);
    if (audio === null) throw notFound();
    await sendAudio(request, response, audio);
  }

  @Delete('*key')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a recording' })
  @ApiParam(KEY)
  @ApiNoContentResponse()
  async remove(@SinchApplication() application: DoorApplication, @Req() request: Request): Promise<void> {
    const key = recordingKey(request);
    const record = await this.require(application, key);
    if (record.names['key'] !== key) throw notFound();
    await deleteRecording(this.gateway.ports, record.id);
  }

  private async transcript({ view }: DoorApplication, record: RecordingRecord, response: Response): Promise<void> {
    const { id: recordingId, tenantId, transcription } = record;
    const store = this.gateway.ports.transcription?.store;
    const transcript = transcription === 'done' ? ((await store?.read({ tenantId, recordingId })) ?? null) : null;
    if (transcript === null) throw notFound();
    response
      .status(200)
      .type('application/json')
      .send(sinch.sinchTranscriptObject(record, view, transcript).body);
  }

  private async require({ record: { id } }: DoorApplication, key: string): Promise<RecordingRecord> {
    const found = key === '' ? null : await this.gateway.ports.ledger.recordings.findByName(id, key);
    if (found === null || !sinch.isSinchDriveRecording(found)) throw notFound();
    return found;
  }

  private async page(
    { record: { id, tenantId } }: DoorApplication,
    { from, to, page, pageSize }: sinch.SinchRecordingQuery,
  ): Promise<readonly RecordingRecord[]> {
    const { recordings } = this.gateway.ports.ledger;
    const range = { ...(from === null ? {} : { createdAfter: from }), ...(to === null ? {} : { createdBefore: to }) };
    const found: RecordingRecord[] = [];
    const places = new Set<string>();
    let cursor: string | null = null;
    do {
      const place = cursor === null ? {} : { cursor };
      const { items, nextCursor } = await recordings.list({
        tenantId,
        applicationId: id,
        ...range,
        limit: AT_A_TIME,
        ...place,
      });
      found.push(...items.filter((record) => isFirstOf(places, record) && sinch.isSinchDriveRecording(record)));
      cursor = nextCursor;
    } while (cursor !== null && found.length < page * pageSize);
    return found.slice((page - 1) * pageSize, page * pageSize);
  }
}

/** Files of the same name were overwritten by the newest, which comes first, also when it has been deleted since. */
function isFirstOf(places: Set<string>, { receipt }: RecordingRecord): boolean {
  if (receipt === null || places.has(receipt.location)) return false;
  places.add(receipt.location);
  return true;
}

function notFound(): RecgateError {
  return new RecgateError('request.not_found', 'Recording not found');
}
