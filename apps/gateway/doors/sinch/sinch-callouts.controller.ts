import { HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import type { CallIdentity } from '#libs/recording-model';
import { sinch, VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { DoorCalls } from '../shared/door-calls.js';
import { bodyText } from '../shared/door-request.js';
import { SinchBody, SinchResource } from './sinch-resource.js';
import { SinchApplication } from './sinch.guard.js';
import { CALLOUT_PATHS } from './sinch.paths.js';

/** How long a callout rings. */
const RING_MS = 60_000;

/** Calls that an application asks for (contract §3). */
@SinchResource(CALLOUT_PATHS)
export class SinchCalloutsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: DoorCalls,
  ) {}

  @Post()
  @SinchBody({
    method: 'customCallout',
    customCallout: { ice: '{"action":{"name":"connectPstn","number":"+46700000000"}}' },
  })
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a call: ttsCallout, conferenceCallout or customCallout' })
  @ApiOkResponse({ description: 'callId of the call' })
  async callout(
    @SinchApplication() application: DoorApplication,
    @Req() request: Request,
  ): Promise<{ readonly callId: string }> {
    const { ports } = this.gateway;
    const callout = sinch.readSinchCallout(bodyText(request));
    const { vendor, ...own } = callout.identity;
    const identity: CallIdentity = {
      ...own,
      callId: ports.ids.uuid(),
      vendor: { ...vendor, ...sinch.readSinchCallbackHeaders(request.rawHeaders) },
    };
    const { document, beginWhen } = callout;
    // Read here, so that what the vendor refuses is refused before anything rings.
    VENDOR_ADAPTERS.sinch.parse(
      { body: document, role: 'ice', url: null },
      { application: application.view, call: identity, ids: ports.ids, now: ports.clock.now() },
    );
    await this.calls.place(application, {
      identity,
      begin: { kind: 'text', document, role: 'ice' },
      beginWhen,
      ringMs: RING_MS,
    });
    return { callId: identity.callId };
  }
}
