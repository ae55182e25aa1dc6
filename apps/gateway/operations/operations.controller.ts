import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';

/** For whoever runs the gateway: is it alive, is it fit to take work, how is it doing. */
@ApiTags('operations')
@Controller()
export class OperationsController {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  @Get('health')
  @ApiOperation({ summary: 'The process is alive' })
  @ApiOkResponse()
  health(): { status: string } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'The gateway can take work: Redis answers and never evicts, a media node is there' })
  @ApiOkResponse()
  @ApiServiceUnavailableResponse()
  async ready(@Res() response: Response): Promise<void> {
    const faults = await this.gateway.readiness();
    response
      .status(faults.length === 0 ? 200 : 503)
      .json({ status: faults.length === 0 ? 'ready' : 'not ready', faults });
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Prometheus metrics' })
  @ApiOkResponse({ description: 'Text exposition format', schema: { type: 'string' } })
  @ApiProduces('text/plain')
  async metrics(@Res() response: Response): Promise<void> {
    const { metrics, ledger } = this.gateway.ports;
    metrics.outboxPending.set(await ledger.outbox.pending().catch(() => Number.NaN));
    response.type(metrics.contentType).send(await metrics.text());
  }
}
