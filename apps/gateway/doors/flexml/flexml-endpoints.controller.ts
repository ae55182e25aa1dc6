import { Controller, Get, Inject, Param, Patch, Put, Req, UseGuards } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBearerAuth,
  ApiBody,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Request } from 'express';
import { changeSettings, viewApplication } from '#libs/orchestration';
import { RecgateError, type ApplicationView, type JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { bodyText, parametersOf } from '../shared/door-request.js';
import { FlexmlStorage, noSuchSid, renderList } from './flexml-storage.js';
import { FlexmlApplication, FlexmlGuard } from './flexml.guard.js';

/** The endpoint, as far as recording needs it: login, password and default container (contract §1.6). */
@ApiTags('flexml door')
@ApiBearerAuth()
@ApiBasicAuth()
@Controller('carrierx/core/v2/endpoints')
@UseGuards(FlexmlGuard)
export class FlexmlEndpointsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly storage: FlexmlStorage,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The endpoints: an application has one' })
  @ApiOkResponse({ description: 'List envelope' })
  list(@FlexmlApplication() { view }: DoorApplication, @Req() request: Request): JsonObject {
    return renderList([{ sid: flexml.endpointSidOf(view), show: () => show(view, request) }], parametersOf(request));
  }

  @Get(':sid')
  @ApiOperation({ summary: 'The endpoint' })
  @ApiOkResponse({ description: 'Endpoint object' })
  @ApiNotFoundResponse()
  get(@FlexmlApplication() { view }: DoorApplication, @Param('sid') sid: string, @Req() request: Request): JsonObject {
    requireEndpoint(view, sid);
    return flexml.chosenFields(show(view, request), parametersOf(request));
  }

  @Patch(':sid')
  @ApiOperation({ summary: 'Set the default container: properties.container_sid' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'Endpoint object' })
  @ApiNotFoundResponse()
  patch(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    return this.change(application, sid, request);
  }

  @Put(':sid')
  @ApiOperation({ summary: 'The same; nothing else of an endpoint can be written' })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ description: 'Endpoint object' })
  @ApiNotFoundResponse()
  put(
    @FlexmlApplication() application: DoorApplication,
    @Param('sid') sid: string,
    @Req() request: Request,
  ): Promise<JsonObject> {
    return this.change(application, sid, request);
  }

  private async change(application: DoorApplication, sid: string, request: Request): Promise<JsonObject> {
    requireEndpoint(application.view, sid);
    const container = flexml.readEndpointContainer(flexml.readStorageBody(bodyText(request)));
    if (container === undefined) return show(application.view, request);
    if (container !== null && (await this.storage.of(application).containers.get(container)) === null) {
      const field = 'properties.container_sid';
      throw new RecgateError('field.invalid', `${field} must be a container of the account`, { field });
    }
    const { ports } = this.gateway;
    const changed = await changeSettings(ports, application.record.id, () => ({ containerSid: container ?? '' }));
    return show(viewApplication(ports, changed), request);
  }
}

/** The password is told to the account alone, which proves itself with its token. */
function show(view: ApplicationView, request: Request): JsonObject {
  const isAccount = flexml.readFlexmlCredentials(request.headers.authorization)?.kind === 'bearer';
  return flexml.renderEndpoint(view, isAccount);
}

/** @throws RecgateError `request.not_found` */
function requireEndpoint(view: ApplicationView, sid: string): void {
  if (sid !== flexml.endpointSidOf(view)) noSuchSid();
}
