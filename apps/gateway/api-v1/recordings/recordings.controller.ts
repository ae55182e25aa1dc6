import {
  Body,
  Controller,
  Delete,
  Get,
  Head,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiConflictResponse,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { changeRetention, deleteRecording, holdRecording, readPeaks, signedManifest, withHeardText } from '#libs/orchestration';
import { RecgateError, type RecordingRecord } from '#libs/recording-model';
import { TRANSCRIPT_FORMATS } from '#libs/transcription';
import { IdempotencyKey } from '../../http/idempotency-key.js';
import { ApiProblems } from '../../http/problem.dto.js';
import { sendAudio } from '../../http/send-audio.js';
import { TenantGuard, TenantId } from '../../http/tenant.guard.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { DeliveryListDto, showDelivery } from '../deliveries/delivery.dto.js';
import { showEvent } from '../show-facts.js';
import { ListRecordingsDto, toRecordingQuery } from './list-recordings.dto.js';
import { RecordingControls } from './recording-controls.js';
import {
  EventListDto,
  RecordingDto,
  RecordingPageDto,
  showRecording,
  showSummary,
  StartedRecordingsDto,
} from './recording.dto.js';
import { RecordingStarts, requireRecording } from './recording-starts.js';
import { KeepRecordingDto } from './keep-recording.dto.js';
import { TranscriptQueryDto } from './transcript-query.dto.js';
import { StartRecordingDto } from './start-recording.dto.js';

@ApiTags('recordings')
@ApiBearerAuth()
@ApiProblems()
@UseGuards(TenantGuard)
@Controller('v1/recordings')
export class RecordingsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly starts: RecordingStarts,
    private readonly controls: RecordingControls,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Start recordings by a vendor document or a canonical spec, on a call or of a finished file',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key twice is one start; the repeat is answered with 200',
  })
  @ApiCreatedResponse({ type: StartedRecordingsDto })
  @ApiOkResponse({ type: StartedRecordingsDto, description: 'The same start was asked for before' })
  async start(
    @TenantId() tenantId: string,
    @IdempotencyKey() idempotencyKey: string | null,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body() body: StartRecordingDto,
  ): Promise<StartedRecordingsDto> {
    const writtenSpec = (request.body as { readonly spec?: unknown }).spec;
    const started = await this.starts.start({ tenantId, body, writtenSpec, idempotencyKey });
    const { recordings, created, accounting, warnings } = started;
    response.status(created ? 201 : 200);
    if (recordings[0] !== undefined) response.location(`/v1/recordings/${recordings[0].id}`);
    return { recordings: recordings.map(showRecording), accounting: [...accounting], warnings: [...warnings] };
  }

  @Get()
  @ApiOperation({ summary: 'List recordings, newest first' })
  @ApiOkResponse({ type: RecordingPageDto })
  async list(@TenantId() tenantId: string, @Query() query: ListRecordingsDto): Promise<RecordingPageDto> {
    const { items, nextCursor } = await this.gateway.ports.ledger.recordings.list(toRecordingQuery(tenantId, query));
    return { items: items.map(showSummary), nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a recording: state, history, accounting, media counts, receipt' })
  @ApiOkResponse({ type: RecordingDto })
  async get(@TenantId() tenantId: string, @Param('id') id: string): Promise<RecordingDto> {
    return showRecording(await requireRecording(this.gateway, tenantId, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change how long the file is kept, or put it under legal hold' })
  @ApiOkResponse({ type: RecordingDto })
  @ApiConflictResponse({ description: 'The recording is not stored yet, was deleted, or is being deleted' })
  async keep(@TenantId() tenantId: string, @Param('id') id: string, @Body() body: KeepRecordingDto): Promise<RecordingDto> {
    const { ports } = this.gateway;
    const before = await requireRecording(this.gateway, tenantId, id);
    if (before.deletedAt !== undefined) throw new RecgateError('request.conflict', `Recording ${id} was deleted`);
    if (body.retentionSeconds !== undefined) await changeRetention(ports, before.id, body.retentionSeconds);
    if (body.legalHold !== undefined) await holdRecording(ports, before.id, body.legalHold);
    return showRecording(await requireRecording(this.gateway, tenantId, id));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete the file, wherever it lies; the record stays' })
  @ApiOkResponse({ type: RecordingDto })
  @ApiConflictResponse({ description: 'The recording is not finished, or is under legal hold' })
  async remove(@TenantId() tenantId: string, @Param('id') id: string): Promise<RecordingDto> {
    const record = await requireRecording(this.gateway, tenantId, id);
    return showRecording(await deleteRecording(this.gateway.ports, record.id, 'everywhere'));
  }

  @Put(':id/source')
  @HttpCode(202)
  @ApiOperation({ summary: 'Deliver the bytes of a recording whose source is an upload' })
  @ApiConsumes('application/octet-stream', 'audio/*')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiAcceptedResponse({ type: RecordingDto })
  @ApiConflictResponse({ description: 'The recording takes no bytes, or has them already' })
  async upload(@TenantId() tenantId: string, @Param('id') id: string, @Req() request: Request): Promise<RecordingDto> {
    const { ports, saveUpload } = this.gateway;
    const record = await requireRecording(this.gateway, tenantId, id);
    if (record.source?.kind !== 'upload') throw new RecgateError('request.conflict', `Recording ${id} takes no upload`);
    if (record.state !== 'accepted')
      throw new RecgateError('request.conflict', `Recording ${id} is ${record.state}; its audio has come already`);
    if (request.headers['content-length'] === '0') throw new RecgateError('request.invalid', 'The request has no body');
    await saveUpload(id, request);
    await ports.work.enqueueStage('capture', id, 0);
    return showRecording(record);
  }

  @Post(':id/stop')
  @HttpCode(202)
  @ApiOperation({ summary: 'End the recording; what was recorded is kept. A file that was not begun is cancelled' })
  @ApiAcceptedResponse()
  stop(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.controls.control(tenantId, id, 'stop');
  }

  @Post(':id/pause')
  @HttpCode(202)
  @ApiOperation({ summary: 'Leave out what comes until it is resumed' })
  @ApiAcceptedResponse()
  pause(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.controls.control(tenantId, id, 'pause');
  }

  @Post(':id/resume')
  @HttpCode(202)
  @ApiOperation({ summary: 'Go on after a pause' })
  @ApiAcceptedResponse()
  resume(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.controls.control(tenantId, id, 'resume');
  }

  @Post(':id/mask')
  @HttpCode(202)
  @ApiOperation({ summary: 'Record silence until it is unmasked' })
  @ApiAcceptedResponse()
  mask(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.controls.control(tenantId, id, 'mask');
  }

  @Post(':id/unmask')
  @HttpCode(202)
  @ApiOperation({ summary: 'Record the audio again' })
  @ApiAcceptedResponse()
  unmask(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    return this.controls.control(tenantId, id, 'unmask');
  }

  @Head(':id/audio')
  @ApiOperation({ summary: 'Size and type of the audio' })
  @ApiOkResponse()
  headAudio(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    return this.send(tenantId, id, request, response);
  }

  @Get(':id/audio')
  @ApiOperation({ summary: 'Download the audio, whole or a range of bytes' })
  @ApiHeader({ name: 'Range', required: false, example: 'bytes=0-65535' })
  @ApiProduces('audio/x-wav', 'audio/mpeg', 'audio/basic')
  @ApiOkResponse({ description: 'The file', schema: { type: 'string', format: 'binary' } })
  @ApiConflictResponse({ description: 'There is no audio yet or any more, or it lies only at the external destination' })
  audio(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    return this.send(tenantId, id, request, response);
  }

  @Get(':id/transcript')
  @ApiOperation({ summary: 'What was said: words and lines as JSON, captions as WebVTT, or plain text' })
  @ApiQuery({ name: 'format', enum: Object.keys(TRANSCRIPT_FORMATS), required: false, description: 'Default: json' })
  @ApiProduces('application/json', 'text/vtt', 'text/plain')
  @ApiOkResponse({ description: 'The transcript' })
  @ApiConflictResponse({ description: 'The recording is not written down, or not yet' })
  async transcript(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Query() { format }: TranscriptQueryDto,
    @Res() response: Response,
  ): Promise<void> {
    const record = await requireRecording(this.gateway, tenantId, id);
    const store = this.gateway.ports.transcription?.store;
    const transcript = record.transcription === 'done' ? await store?.read({ tenantId, recordingId: record.id }) : null;
    if (transcript === null || transcript === undefined) {
      const state = record.deletedAt === undefined ? record.transcription : 'deleted';
      throw new RecgateError('request.conflict', `Recording ${id} has no transcript (transcription: ${state})`);
    }
    const { contentType, render } = TRANSCRIPT_FORMATS[format];
    response.type(contentType).send(render(transcript));
  }

  @Get(':id/manifest')
  @ApiOperation({ summary: 'All that is known of a recording, as a signed document (compact JWS, EdDSA)' })
  @ApiProduces('application/jose')
  @ApiOkResponse({ description: 'Checked with the keys of /v1/manifest-keys', schema: { type: 'string' } })
  async manifest(@TenantId() tenantId: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    const record = await requireRecording(this.gateway, tenantId, id);
    response.type('application/jose').send(await signedManifest(this.gateway.ports, record));
  }

  @Get(':id/peaks')
  @ApiOperation({ summary: 'Peaks of the waveform, in the JSON format of audiowaveform (version 2)' })
  @ApiOkResponse({ description: 'Lowest and highest sample of each point and channel, 8 bits', schema: { type: 'object' } })
  @ApiConflictResponse({ description: 'The recording is not encoded yet, its file is encrypted, or it was deleted' })
  async peaks(@TenantId() tenantId: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    const record = await requireRecording(this.gateway, tenantId, id);
    const peaks = record.deletedAt === undefined ? await readPeaks(this.gateway.ports, record) : null;
    if (peaks === null) {
      const why = record.spec.encryption === null ? record.state : 'encrypted';
      throw new RecgateError('request.conflict', `Recording ${id} is ${record.deletedAt === undefined ? why : 'deleted'}; it has no peaks`);
    }
    response.type('application/json').send(peaks);
  }

  @Get(':id/events')
  @ApiOperation({ summary: 'All events of the recording' })
  @ApiOkResponse({ type: EventListDto })
  async events(@TenantId() tenantId: string, @Param('id') id: string): Promise<EventListDto> {
    const record = await requireRecording(this.gateway, tenantId, id);
    const { ports } = this.gateway;
    const events = await ports.ledger.recordings.events(record.id);
    return { items: await Promise.all(events.map(async (event) => showEvent(await withHeardText(ports, event, record)))) };
  }

  @Get(':id/deliveries')
  @ApiOperation({ summary: 'All notifications of the recording with every attempt' })
  @ApiOkResponse({ type: DeliveryListDto })
  @ApiNotFoundResponse()
  async deliveries(@TenantId() tenantId: string, @Param('id') id: string): Promise<DeliveryListDto> {
    const record = await requireRecording(this.gateway, tenantId, id);
    return { items: (await this.gateway.ports.ledger.deliveries.listOfRecording(record.id)).map(showDelivery) };
  }

  private async send(tenantId: string, id: string, request: Request, response: Response): Promise<void> {
    const record = await requireRecording(this.gateway, tenantId, id);
    if (record.state !== 'available')
      throw new RecgateError(
        'request.conflict',
        `Recording ${id} is ${record.state}; there is audio once it is available`,
      );
    const audio = await this.gateway.openAudio(id);
    if (audio === null) throw new RecgateError('request.conflict', whyNoAudio(record));
    await sendAudio(request, response, audio);
  }
}

/** What became of the audio of a stored recording that the gateway cannot hand out. */
function whyNoAudio({ id, deletedAt, receipt, names, spec }: RecordingRecord): string {
  if (deletedAt !== undefined) return `Recording ${id} was deleted at ${deletedAt}`;
  if (spec.destination.kind !== 'media-store') return `The audio lies at its destination only: ${receipt?.location ?? 'unknown'}`;
  return `Other audio has taken the place of recording ${id} in its file ${names['fileSid'] ?? names['key'] ?? ''}`.trimEnd();
}
