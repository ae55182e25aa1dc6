import { Controller, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiConflictResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { RecgateError, type DeliveryRecord } from '#libs/recording-model';
import { ApiProblems } from '../../http/problem.dto.js';
import { TenantGuard, TenantId } from '../../http/tenant.guard.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { requireRecording } from '../recordings/recording-starts.js';
import { DeliveryDto, DeliveryListDto, ListDeliveriesDto, showDelivery } from './delivery.dto.js';

/** Longer than it takes to write one delivery. */
const LEASE_MS = 5000;

@ApiTags('deliveries')
@ApiBearerAuth()
@ApiProblems()
@UseGuards(TenantGuard)
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  @Get()
  @ApiOperation({ summary: 'The notifications of a recording with every attempt' })
  @ApiOkResponse({ type: DeliveryListDto })
  async list(@TenantId() tenantId: string, @Query() query: ListDeliveriesDto): Promise<DeliveryListDto> {
    const record = await requireRecording(this.gateway, tenantId, query.recordingId);
    return { items: (await this.gateway.ports.ledger.deliveries.listOfRecording(record.id)).map(showDelivery) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a notification with every attempt' })
  @ApiOkResponse({ type: DeliveryDto })
  async get(@TenantId() tenantId: string, @Param('id') id: string): Promise<DeliveryDto> {
    return showDelivery(await this.requireDelivery(tenantId, id));
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send a notification again; its attempts are kept' })
  @ApiAcceptedResponse({ type: DeliveryDto })
  @ApiConflictResponse({ description: 'It is being sent at this moment' })
  async replay(@TenantId() tenantId: string, @Param('id') id: string): Promise<DeliveryDto> {
    const { ledger, work } = this.gateway.ports;
    const { recordingId, subscription } = await this.requireDelivery(tenantId, id);
    const lease = await ledger.deliveries.lease(recordingId, subscription, LEASE_MS);
    if (lease === null)
      throw new RecgateError(
        'request.conflict',
        `Notifications of this subscription are being sent at this moment; try again`,
      );
    let pending: DeliveryRecord;
    try {
      pending = {
        ...(await this.requireDelivery(tenantId, id)),
        status: 'pending',
        nextAttemptAt: null,
        fallbackNext: false,
      };
      await ledger.deliveries.update(pending);
    } finally {
      await lease.release();
    }
    await work.enqueueDelivery(
      recordingId,
      subscription,
      `replay-${pending.eventSequence}-${this.gateway.ports.ids.hex(8)}`,
      0,
    );
    return showDelivery(pending);
  }

  private async requireDelivery(tenantId: string, id: string): Promise<DeliveryRecord> {
    const delivery = await this.gateway.ports.ledger.deliveries.get(id);
    if (delivery === null || delivery.tenantId !== tenantId)
      throw new RecgateError('request.not_found', `There is no delivery ${id}`);
    return delivery;
  }
}
