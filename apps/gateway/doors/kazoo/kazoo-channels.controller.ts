import { Get, Inject, Param, Post, Put } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import { RecgateError, type CallRecord, type JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { DoorCalls } from '../shared/door-calls.js';
import { KazooAnswer } from './kazoo-answer.js';
import { KazooCallflows } from './kazoo-callflows.js';
import { KazooAccount, KazooEnvelope } from './kazoo-exchange.js';
import { KazooAccountResource } from './kazoo-resource.js';

/** Live calls (contract §4.5). */
@KazooAccountResource('channels')
export class KazooChannelsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: DoorCalls,
    private readonly callflows: KazooCallflows,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the active calls' })
  @ApiOkResponse()
  async list(@KazooAccount() application: DoorApplication): Promise<KazooAnswer> {
    const active = (await this.calls.list(application)).filter(({ state }) => state !== 'ended');
    return new KazooAnswer(active.map((call) => this.shown(application, call)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show an active call' })
  @ApiOkResponse()
  @ApiNotFoundResponse({ description: 'bad_identifier, also for a call that has ended' })
  async show(@KazooAccount() application: DoorApplication, @Param('id') id: string): Promise<KazooAnswer> {
    return new KazooAnswer(this.shown(application, await this.live(application, id)));
  }

  @Put(':id')
  @ApiOperation({ summary: 'Run a metaflow on the call: start, stop, mask and unmask its recording' })
  @ApiAcceptedResponse({ description: 'metaflow sent' })
  @ApiBadRequestResponse({ description: 'invalid data' })
  async steer(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    const call = await this.live(application, id);
    return this.act(application, call, kazoo.readChannelPut(envelope));
  }

  @Post(':id')
  @ApiOperation({ summary: 'Hang up, break off, transfer, intercept, or run a stored callflow on the call' })
  @ApiAcceptedResponse({ description: '<action> initiated' })
  @ApiBadRequestResponse({ description: 'invalid data' })
  async change(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    const call = await this.live(application, id);
    return this.act(application, call, kazoo.readChannelPost(envelope, call.state === 'bridged'));
  }

  private async act(
    application: DoorApplication,
    call: CallRecord,
    action: kazoo.ChannelAction,
  ): Promise<KazooAnswer> {
    await orNotFound(call.identity.callId, this.carryOut(application, call, action));
    return new KazooAnswer(action.told, { status: 202 });
  }

  private async carryOut(application: DoorApplication, call: CallRecord, action: kazoo.ChannelAction): Promise<void> {
    switch (action.kind) {
      case 'metaflow':
        return void (await this.calls.instruct(call, action.document, 'metaflow'));
      case 'callflow': {
        const { document } = await this.callflows.show(application, action.callflowId);
        return void (await this.calls.instruct(call, JSON.stringify(document), 'saved'));
      }
      case 'hangup':
        return this.calls.hangup(call);
    }
  }

  private live(application: DoorApplication, id: string): Promise<CallRecord> {
    return orNotFound(id, this.calls.requireLive(application, id));
  }

  private shown({ view }: DoorApplication, call: CallRecord): JsonObject {
    return kazoo.channelDocument(call, view, this.gateway.ports.clock.now());
  }
}

/** @throws CrossbarError `bad_identifier` for a call that there is not, or that ended meanwhile */
async function orNotFound<T>(callId: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // A door's own answer (a callflow that there is not) stays what it is.
    const gone = error instanceof RecgateError && !(error instanceof kazoo.CrossbarError) && ['request.not_found', 'request.conflict'].includes(error.code);
    throw gone ? kazoo.badIdentifier(callId) : error;
  }
}
