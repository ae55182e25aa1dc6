import { Get, HttpCode, Inject, Param, Patch, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import { RecgateError, type JsonObject, type Party } from '#libs/recording-model';
import { sinch } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { DoorCalls } from '../shared/door-calls.js';
import { bodyText } from '../shared/door-request.js';
import { SinchBody, SinchResource } from './sinch-resource.js';
import { SinchApplication } from './sinch.guard.js';
import { CALL_PATHS } from './sinch.paths.js';

/** Who hears the prompts of a leg form. */
const LEGS: Readonly<Record<string, readonly Party[]>> = {
  caller: ['caller'],
  callee: ['callee'],
  both: ['caller', 'callee'],
};

const SVAML = { instructions: [{ name: 'stopRecording' }], action: { name: 'continue' } };

/** Manage Call and call info (contract §3, §3.1, §3.2). */
@SinchResource(CALL_PATHS)
export class SinchCallsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: DoorCalls,
  ) {}

  @Get(':callId')
  @ApiOperation({ summary: 'Get information about a call' })
  @ApiOkResponse({ description: 'Call info' })
  async info(@SinchApplication() application: DoorApplication, @Param('callId') callId: string): Promise<JsonObject> {
    const call = await this.calls.require(application, callId);
    return sinch.renderSinchCallInfo(call, this.gateway.ports.clock.now());
  }

  @Patch(':callId')
  @SinchBody(SVAML)
  @HttpCode(204)
  @ApiOperation({ summary: 'Manage Call: SVAML that is carried out on a call in progress' })
  @ApiNoContentResponse()
  async manage(
    @SinchApplication() application: DoorApplication,
    @Param('callId') callId: string,
    @Req() request: Request,
  ): Promise<void> {
    const call = await this.calls.requireLive(application, callId);
    await this.calls.instruct(call, bodyText(request), 'manage');
  }

  @Patch(':callId/leg/:callLeg')
  @SinchBody(SVAML)
  @HttpCode(204)
  @ApiOperation({ summary: 'Manage Call for one leg: caller, callee or both' })
  @ApiNoContentResponse()
  async manageLeg(
    @SinchApplication() application: DoorApplication,
    @Param('callId') callId: string,
    @Param('callLeg') callLeg: string,
    @Req() request: Request,
  ): Promise<void> {
    const toward = new Map(Object.entries(LEGS)).get(callLeg.toLowerCase());
    if (toward === undefined)
      throw new RecgateError('field.invalid', 'callLeg must be caller, callee or both', { field: 'callLeg' });
    const call = await this.calls.requireLive(application, callId);
    // In conferences and callouts the leg is of no account (contract §3).
    const ofNoAccount = call.conference !== undefined || call.identity.vendor['callout'] !== undefined;
    await this.calls.instruct(call, bodyText(request), 'manage', ofNoAccount ? undefined : toward);
  }
}
