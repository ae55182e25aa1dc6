import { Delete, Get, HttpCode, Inject, Patch, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import type { Request } from 'express';
import { RecgateError, type CallRecord, type JsonObject } from '#libs/recording-model';
import { sinch } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { DoorCalls } from '../shared/door-calls.js';
import { bodyText } from '../shared/door-request.js';
import { SinchBody, SinchResource } from './sinch-resource.js';
import { SinchApplication } from './sinch.guard.js';
import { CONFERENCE_PATHS, conferencePath, participantPath } from './sinch.paths.js';

const CONFERENCE_ID = { name: 'conferenceId', description: 'Free text, also with slashes' };

/** Conferences and who is in them (contract §3). */
@SinchResource(CONFERENCE_PATHS)
export class SinchConferencesController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: DoorCalls,
  ) {}

  @Get('*conferenceId')
  @ApiOperation({ summary: 'Get the participants of a conference' })
  @ApiParam(CONFERENCE_ID)
  @ApiOkResponse({ description: 'Participants' })
  async info(@SinchApplication() application: DoorApplication, @Req() request: Request): Promise<JsonObject> {
    const participants = await this.participants(application, conferencePath(request));
    return sinch.renderSinchConference(requireSome(participants), this.gateway.ports.clock.now());
  }

  @Patch('*participant')
  @SinchBody({ command: 'mute' })
  @HttpCode(204)
  @ApiOperation({ summary: 'Mute, unmute, hold or resume a participant; the path ends with its callId' })
  @ApiParam({ ...CONFERENCE_ID, name: 'participant', description: 'conferenceId/callId' })
  @ApiNoContentResponse()
  async manage(@SinchApplication() application: DoorApplication, @Req() request: Request): Promise<void> {
    const { conferenceId, callId } = participantPath(request);
    const call = requireSome(byCall(await this.participants(application, conferenceId), callId))[0];
    const command = sinch.readSinchParticipantCommand(bodyText(request));
    if (call !== undefined) await this.calls.steerParticipant(call, command);
  }

  @Delete('*conferenceId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove everybody from a conference, or the participant whose callId ends the path' })
  @ApiParam(CONFERENCE_ID)
  @ApiNoContentResponse()
  async kick(@SinchApplication() application: DoorApplication, @Req() request: Request): Promise<void> {
    const { conferenceId, callId } = participantPath(request);
    const one = byCall(await this.participants(application, conferenceId), callId);
    const kicked = one.length > 0 ? one : await this.participants(application, conferencePath(request));
    for (const call of requireSome(kicked)) await this.calls.steerParticipant(call, { action: 'remove' });
  }

  private async participants(application: DoorApplication, conferenceId: string): Promise<readonly CallRecord[]> {
    return sinch.inOrderOfJoining(await this.calls.listOfConference(application, conferenceId));
  }
}

function byCall(participants: readonly CallRecord[], callId: string): readonly CallRecord[] {
  return participants.filter((call) => call.identity.callId === callId);
}

/** A conference without participants is none (contract §3.4). */
function requireSome(participants: readonly CallRecord[]): readonly CallRecord[] {
  if (participants.length === 0) throw new RecgateError('request.not_found', 'Conference not found');
  return participants;
}
