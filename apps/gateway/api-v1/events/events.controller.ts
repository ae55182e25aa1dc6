import { Controller, Get, Headers, Inject, Query, Res, UseGuards, type OnModuleDestroy } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsNotEmpty, IsString } from 'class-validator';
import type { Response } from 'express';
import { requireApplication } from '#libs/orchestration';
import { RecgateError, type RecordingEvent, type RecordingRecord } from '#libs/recording-model';
import { MayBeAbsent } from '../../http/dto-decorators.js';
import { ApiProblems } from '../../http/problem.dto.js';
import { TenantGuard, TenantId } from '../../http/tenant.guard.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { CallInstructions } from '../call-instructions.js';
import { requireRecording } from '../recordings/recording-starts.js';
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
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'With recordingId: what came after this event is sent first' })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: '`id`: event id, `event`: its name, `data`: the event as JSON', schema: { type: 'string' } })
  async stream(
    @TenantId() tenantId: string,
    @Query() filter: EventFilterDto,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    await this.refuseUnknown(tenantId, filter);
    const after = lastEventId === undefined || filter.recordingId === undefined ? null : sequenceOf(lastEventId, filter.recordingId);
    const line = new EventLine(this.gateway, filter);
    const stop = await this.events.listen(tenantId, (event) => line.push(event));
    const stream = new EventStream(response);
    this.open.add(stream);
    response.once('close', () => {
      stop();
      stream.end();
      this.open.delete(stream);
    });
    if (response.destroyed) response.emit('close');
    const missed = after === null ? [] : await this.missedSince(filter.recordingId ?? '', after);
    line.flowTo(stream, missed);
  }

  onModuleDestroy(): void {
    for (const stream of this.open) stream.end();
  }

  private async refuseUnknown(tenantId: string, filter: EventFilterDto): Promise<void> {
    if (filter.recordingId !== undefined) await requireRecording(this.gateway, tenantId, filter.recordingId);
    if (filter.callRef !== undefined) await this.calls.requireCall(tenantId, filter.callRef);
    if (filter.applicationId !== undefined) await requireApplication(this.gateway.ports, tenantId, filter.applicationId);
  }

  private async missedSince(recordingId: string, after: number): Promise<readonly RecordingEvent[]> {
    const events = await this.gateway.ports.ledger.recordings.events(recordingId);
    return events.filter(({ sequence }) => sequence > after);
  }
}

/** The events for one client in their order; those that come before the missed ones were sent wait. */
class EventLine {
  private stream: EventStream | null = null;
  private tail: Promise<void> = Promise.resolve();
  private readonly waiting: RecordingEvent[] = [];
  private readonly known = new Map<string, Promise<RecordingRecord | null>>();

  constructor(
    private readonly gateway: GatewayContext,
    private readonly filter: EventFilterDto,
  ) {}

  push(event: RecordingEvent): void {
    if (this.stream === null) this.waiting.push(event);
    else this.enqueue(event, this.stream);
  }

  flowTo(stream: EventStream, missed: readonly RecordingEvent[]): void {
    for (const event of missed) stream.send(event);
    const sent = missed.at(-1)?.sequence ?? 0;
    for (const event of this.waiting) if (event.sequence > sent) this.enqueue(event, stream);
    this.waiting.length = 0;
    this.stream = stream;
  }

  private enqueue(event: RecordingEvent, stream: EventStream): void {
    this.tail = this.tail.then(async () => {
      if (await this.isWanted(event)) stream.send(event);
    });
  }

  private async isWanted(event: RecordingEvent): Promise<boolean> {
    const { recordingId, callRef, applicationId } = this.filter;
    if (recordingId !== undefined && event.recordingId !== recordingId) return false;
    if (callRef === undefined && applicationId === undefined) return true;
    const record = await this.recordOf(event);
    if (record === null) return false;
    return (callRef === undefined || record.callRef === callRef) && (applicationId === undefined || record.applicationId === applicationId);
  }

  /** Identity never changes, so each recording is looked up once and forgotten at its end. */
  private recordOf({ recordingId, name }: RecordingEvent): Promise<RecordingRecord | null> {
    const found = this.known.get(recordingId) ?? this.gateway.ports.ledger.recordings.get(recordingId).catch(() => null);
    if (name === 'recording.started' || name === 'recording.finished') this.known.set(recordingId, found);
    else this.known.delete(recordingId);
    return found;
  }
}

/** @throws RecgateError `field.invalid` when it is no event id of the recording */
function sequenceOf(eventId: string, recordingId: string): number {
  const match = /^evt_(.+)_(\d{1,9})$/.exec(eventId);
  if (match?.[1] !== recordingId) throw new RecgateError('field.invalid', 'That is no event of the recording', { field: 'Last-Event-ID' });
  return Number(match[2]);
}
