import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { requireApplication, type CallEventCommand, type OpenedCall } from '#libs/orchestration';
import { RecgateError } from '#libs/recording-model';
import { IdempotencyKey } from '../http/idempotency-key.js';
import { NodeClient } from '../http/node-client.js';
import { ApiProblems } from '../http/problem.dto.js';
import { TenantGuard, TenantId } from '../http/tenant.guard.js';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';
import { CallInstructions } from './call-instructions.js';
import {
  CallDto,
  CallEventDto,
  CallListDto,
  CreateCallDto,
  InstructDto,
  InstructedDto,
  showCall,
  toIdentity,
  toLegRequest,
} from './calls.dto.js';
import { PageQueryDto } from './page-query.dto.js';

@ApiTags('calls')
@ApiBearerAuth()
@ApiProblems()
@UseGuards(TenantGuard)
@Controller('v1/calls')
export class CallsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly nodes: NodeClient,
    private readonly calls: CallInstructions,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Begin a call; the answer says where each leg is to send its audio' })
  @ApiCreatedResponse({ type: CallDto })
  async create(@TenantId() tenantId: string, @Body() body: CreateCallDto): Promise<CallDto> {
    const { ports } = this.gateway;
    const application = await requireApplication(ports, tenantId, body.applicationId);
    const { caller, callee } = body.legs;
    if (caller === undefined && callee === undefined) {
      throw new RecgateError('field.missing', 'A call needs at least one leg: caller, callee or both', {
        field: 'legs',
      });
    }
    const callRef = `call_${ports.ids.hex(20)}`;
    const nodeId = await this.nodes.pick(application.id, body.call.conferenceId);
    const opened: OpenedCall = await this.nodes.send(nodeId, 'openCall', {
      callRef,
      tenantId,
      applicationId: application.id,
      identity: toIdentity(body.call, ports.ids),
      legs: {
        ...(caller === undefined ? {} : { caller: toLegRequest(caller) }),
        ...(callee === undefined ? {} : { callee: toLegRequest(callee) }),
      },
      answered: body.answered,
      fetchDocument: body.fetchDocument,
      beginWhen: body.beginWhen,
      answerOnMedia: body.answerOnMedia,
      relay: body.relay,
      ...(body.ringSeconds === undefined ? {} : { ringMs: body.ringSeconds * 1000 }),
    });
    return { ...showCall(await this.calls.requireCall(tenantId, callRef)), media: opened.media };
  }

  @Get()
  @ApiOperation({ summary: 'List the calls of the last days, newest first' })
  @ApiOkResponse({ type: CallListDto })
  async list(@TenantId() tenantId: string, @Query() query: PageQueryDto): Promise<CallListDto> {
    const calls = await this.gateway.ports.ledger.calls.list(tenantId, query.limit);
    return { items: calls.map(showCall) };
  }

  @Get(':callRef')
  @ApiOperation({ summary: 'Show a call: state, media addresses, warnings' })
  @ApiOkResponse({ type: CallDto })
  async get(@TenantId() tenantId: string, @Param('callRef') callRef: string): Promise<CallDto> {
    return showCall(await this.calls.requireCall(tenantId, callRef));
  }

  @Post(':callRef/events')
  @HttpCode(202)
  @ApiOperation({ summary: 'Tell what happened on the call: answered, bridged, legEnded, dtmf, transfer, hangup' })
  @ApiAcceptedResponse()
  async event(
    @TenantId() tenantId: string,
    @Param('callRef') callRef: string,
    @Body() body: CallEventDto,
  ): Promise<void> {
    const call = await this.calls.requireLiveCall(tenantId, callRef);
    if (body.type === 'hangup') {
      await this.nodes.send(call.nodeId, 'hangup', { callRef, by: body.party ?? null });
    } else {
      await this.nodes.send(call.nodeId, 'callEvent', { callRef, event: toEvent(body) });
    }
  }

  @Post(':callRef/instructions')
  @HttpCode(200)
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key twice is the same instruction' })
  @ApiOperation({ summary: 'Hand a vendor document to the call; it is carried out at once' })
  @ApiOkResponse({ type: InstructedDto })
  async instruct(
    @TenantId() tenantId: string,
    @Param('callRef') callRef: string,
    @IdempotencyKey() idempotencyKey: string | null,
    @Body() body: InstructDto,
  ): Promise<InstructedDto> {
    const call = await this.calls.requireLiveCall(tenantId, callRef);
    return this.calls.instruct(call, {
      document: body.document,
      role: body.role,
      url: body.url ?? null,
      idempotencyKey,
    });
  }

  @Delete(':callRef')
  @HttpCode(202)
  @ApiOperation({ summary: 'End the call; running recordings are finished and kept' })
  @ApiAcceptedResponse()
  async end(@TenantId() tenantId: string, @Param('callRef') callRef: string): Promise<void> {
    const call = await this.calls.requireLiveCall(tenantId, callRef);
    await this.nodes.send(call.nodeId, 'hangup', { callRef, by: null });
  }
}

function toEvent(body: CallEventDto): CallEventCommand['event'] {
  switch (body.type) {
    case 'dtmf':
      return { type: 'dtmf', key: body.key ?? '', party: body.party ?? 'caller' };
    case 'transfer':
      return { type: 'transfer', party: body.party ?? 'callee', remote: body.remote ?? null };
    case 'answered':
    case 'bridged':
    case 'legEnded':
      return { type: body.type };
    case 'hangup':
      throw new RecgateError('request.invalid', 'A hang-up is no call event');
  }
}
