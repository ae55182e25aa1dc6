import { Controller, Get, Headers, Inject, Query, Res, UseGuards, type OnModuleDestroy } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsNotEmpty, IsString } from 'class-validator';
import type { Response } from 'express';
import { requireApplication, withHeardText } from '#libs/orchestration';
import { RecgateError, type RecordingRecord } from '#libs/recording-model';
import { MayBeAbsent } from '../../http/dto-decorators.js';
import { ApiProblems } from '../../http/problem.dto.js';
import { TenantGuard, TenantId } from '../../http/tenant.guard.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { CallInstructions } from '../call-instructions.js';
import { requireRecording } from '../recordings/recording-starts.js';
import { EventLine } from './event-line.js';
import { EventStream } from './event-stream.js';
import { TenantEvents } from './tenant-events.js';

/** Which events are wanted; absent: all of the tenant. */
export class EventFilterDto {
  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  recordingId?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  callRef?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  applicationId?: string;
}

@ApiTags('events')
@ApiBearerAuth()
@ApiProblems()
@UseGuards(TenantGuard)
@Controller('v1/events')
export class EventsController implements OnModuleDestroy {
  private readonly open = new Set<EventStream>();

  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly events: TenantEvents,
    private readonly calls: CallInstructions,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Events as they happen, as server-sent events' })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'With recordingId: what came after this event is sent first',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: '`id`: event id, `event`: its name, `data`: the event as JSON',
    schema: { type: 'string' },
  })
  async stream(
    @TenantId() tenantId: string,
    @Query() filter: EventFilterDto,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    await this.refuseUnknown(tenantId, filter);
    const after =
      lastEventId === undefined || filter.recordingId === undefined
        ? null
        : sequenceOf(lastEventId, filter.recordingId);
    const { ports } = this.gateway;
    const line = new EventLine(ports.ledger.recordings, (event) => withHeardText(ports, event), filter, after);
    const stop = await this.events.listen(tenantId, (event) => line.push(event));
    const stream = new EventStream(response);
    this.open.add(stream);
    response.once('close', () => {
      stop();
      stream.end();
      this.open.delete(stream);
    });
    if (response.destroyed) response.emit('close');
    line.flowTo(stream);
  }

  onModuleDestroy(): void {
    for (const stream of this.open) stream.end();
  }

  private async refuseUnknown(tenantId: string, filter: EventFilterDto): Promise<void> {
    if (filter.recordingId !== undefined)
      refuseContradiction(filter, await requireRecording(this.gateway, tenantId, filter.recordingId));
    if (filter.callRef !== undefined) await this.calls.requireCall(tenantId, filter.callRef);
    if (filter.applicationId !== undefined)
      await requireApplication(this.gateway.ports, tenantId, filter.applicationId);
  }
}

/** With a recording the other filters say nothing more; one that says something else is a mistake. */
function refuseContradiction(filter: EventFilterDto, record: RecordingRecord): void {
  for (const field of ['callRef', 'applicationId'] as const) {
    if (filter[field] === undefined || filter[field] === record[field]) continue;
    throw new RecgateError('field.invalid', 'The recording belongs to another one', { field });
  }
}

/** @throws RecgateError `field.invalid` when it is no event id of the recording */
function sequenceOf(eventId: string, recordingId: string): number {
  const match = /^evt_(.+)_(\d{1,9})$/.exec(eventId);
  if (match?.[1] !== recordingId)
    throw new RecgateError('field.invalid', 'That is no event of the recording', { field: 'Last-Event-ID' });
  return Number(match[2]);
}
