import { Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import { changeSettings } from '#libs/orchestration';
import { RecgateError, type JsonObject } from '#libs/recording-model';
import { sinch } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { bodyText } from '../shared/door-request.js';
import { SinchBody, SinchResource } from './sinch-resource.js';
import { SinchApplication } from './sinch.guard.js';
import { CALLBACK_PATHS } from './sinch.paths.js';

/** The callback URLs of an application (contract §3). */
@SinchResource(CALLBACK_PATHS)
export class SinchCallbacksController {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  @Get(':applicationKey')
  @ApiOperation({ summary: 'Get the callback URLs of the application' })
  @ApiOkResponse({ description: 'primary and fallback' })
  show(@SinchApplication() application: DoorApplication, @Param('applicationKey') key: string): JsonObject {
    requireOwn(application, key);
    return sinch.renderSinchCallbackUrls(application.view);
  }

  @Post(':applicationKey')
  @SinchBody({ url: { primary: 'https://app.example.com/callback', fallback: 'https://backup.example.com/callback' } })
  @HttpCode(200)
  @ApiOperation({ summary: 'Change the callback URLs of the application' })
  @ApiOkResponse()
  async change(
    @SinchApplication() application: DoorApplication,
    @Param('applicationKey') key: string,
    @Req() request: Request,
  ): Promise<void> {
    requireOwn(application, key);
    const settings = sinch.readSinchCallbackUrls(bodyText(request));
    await changeSettings(this.gateway.ports, application.record.id, () => settings);
  }
}

/** Another's key is as unknown as one that nobody has. */
function requireOwn({ view }: DoorApplication, key: string): void {
  if (sinch.sinchApplicationKey(view).toLowerCase() !== key.toLowerCase())
    throw new RecgateError('request.not_found', 'Application not found');
}
