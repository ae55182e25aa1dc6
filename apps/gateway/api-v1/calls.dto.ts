import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { CODECS, STREAM_DIALECTS, type LegRequest } from '#libs/orchestration';
import {
  PARTIES,
  VENDOR_NAMES,
  type AccountingEntry,
  type CallDirection,
  type CallIdentity,
  type CallRecord,
  type CallState,
  type IdSource,
  type JsonObject,
  type Party,
  type VendorName,
} from '#libs/recording-model';
import { IsHttpUrl, MayBeAbsent } from '../http/dto-decorators.js';

export const ROLES = ['flow', 'saved', 'metaflow', 'ice', 'ace', 'pie', 'manage'] as const;

export class RemoteDto {
  @ApiProperty({ example: '192.0.2.7' })
  @IsString()
  @IsNotEmpty()
  address: string;

  @ApiProperty()
  @IsInt()
  @Min(1)
  @Max(65535)
  port: number;
}

/** How the audio of one leg comes. */
export class LegDto {
  @ApiProperty({ enum: ['rtp', 'websocket'] })
  @IsIn(['rtp', 'websocket'])
  transport: 'rtp' | 'websocket';

  @ApiPropertyOptional({ enum: CODECS, description: 'RTP only' })
  @ValidateIf((leg: LegDto) => leg.transport === 'rtp')
  @IsIn(CODECS)
  codec?: (typeof CODECS)[number];

  @ApiPropertyOptional({ description: 'L16 only: 8000 or 16000' })
  @MayBeAbsent()
  @IsIn([8000, 16000])
  sampleRate?: number;

  @ApiPropertyOptional({ description: 'For L16 and other dynamic types; PCMU is 0, PCMA 8' })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(127)
  payloadType?: number;

  @ApiPropertyOptional({ description: 'Payload type of RFC 4733 events; absent: 101, and key tones in the audio count until the first event comes' })
  @MayBeAbsent()
  @IsInt()
  @Min(96)
  @Max(127)
  telephoneEventPayloadType?: number;

  @ApiPropertyOptional({
    type: RemoteDto,
    description: 'Only packets from here are accepted; absent: the first sender is',
  })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => RemoteDto)
  remote?: RemoteDto;

  @ApiPropertyOptional({ enum: STREAM_DIALECTS, description: 'WebSocket only' })
  @ValidateIf((leg: LegDto) => leg.transport === 'websocket')
  @IsIn(STREAM_DIALECTS)
  dialect?: (typeof STREAM_DIALECTS)[number];
}

export class LegsDto {
  @ApiPropertyOptional({ type: LegDto })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => LegDto)
  caller?: LegDto;

  @ApiPropertyOptional({ type: LegDto })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => LegDto)
  callee?: LegDto;
}

export class IdentityDto {
  @ApiPropertyOptional({ description: "The vendor's call id; made up when absent" })
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  callId?: string;

  @ApiProperty({ example: '+15165550138' })
  @IsString()
  from: string;

  @ApiProperty({ example: '+15165550137' })
  @IsString()
  to: string;

  @ApiPropertyOptional({ enum: ['inbound', 'outbound'] })
  @MayBeAbsent()
  @IsIn(['inbound', 'outbound'])
  direction: CallDirection = 'inbound';

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  conferenceId?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: "The vendor's own identity fields" })
  @MayBeAbsent()
  @IsObject()
  vendor: JsonObject = {};
}

export class CreateCallDto {
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  applicationId: string;

  @ApiProperty({ type: IdentityDto })
  @ValidateNested()
  @Type(() => IdentityDto)
  @IsObject()
  call: IdentityDto;

  @ApiProperty({ type: LegsDto })
  @ValidateNested()
  @Type(() => LegsDto)
  @IsObject()
  legs: LegsDto;

  @ApiPropertyOptional({ description: 'Whether the call is answered already' })
  @MayBeAbsent()
  @IsBoolean()
  answered: boolean = true;

  @ApiPropertyOptional({ description: 'Whether the application is asked for its first document at once' })
  @MayBeAbsent()
  @IsBoolean()
  fetchDocument: boolean = false;

  @ApiPropertyOptional({ enum: ['now', 'answered'], description: 'Whether the flow begins at once or with the answer' })
  @MayBeAbsent()
  @IsIn(['now', 'answered'])
  beginWhen: 'now' | 'answered' = 'now';

  @ApiPropertyOptional({
    description: 'The first audio of a leg answers the call, that of the leg the flow connects to bridges it',
  })
  @MayBeAbsent()
  @IsBoolean()
  answerOnMedia: boolean = false;

  @ApiPropertyOptional({ description: 'Whether connected legs hear each other through the gateway' })
  @MayBeAbsent()
  @IsBoolean()
  relay: boolean = false;

  @ApiPropertyOptional({ description: 'A call that nobody answers ends after this time; absent: with the media timeout' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(3600)
  ringSeconds?: number;
}

const CALL_EVENTS = ['answered', 'bridged', 'legEnded', 'dtmf', 'transfer', 'hangup'] as const;

export class CallEventDto {
  @ApiProperty({ enum: CALL_EVENTS, description: 'legEnded: the connected party has gone, the call goes on' })
  @IsIn(CALL_EVENTS)
  type: (typeof CALL_EVENTS)[number];

  @ApiPropertyOptional({ description: 'dtmf: one of 0-9 * # A-D' })
  @ValidateIf((event: CallEventDto) => event.type === 'dtmf')
  @Matches(/^[0-9*#A-D]$/)
  key?: string;

  @ApiPropertyOptional({ enum: PARTIES, description: 'dtmf, transfer: whose; hangup: who hung up' })
  @ValidateIf((event: CallEventDto) => event.type === 'transfer' || event.party !== undefined)
  @IsIn(PARTIES)
  party?: Party;

  @ApiPropertyOptional({
    type: RemoteDto,
    description: 'transfer: where the new party sends from; absent: the next sender is taken',
  })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => RemoteDto)
  remote?: RemoteDto;
}

export class InstructDto {
  @ApiProperty({ description: "The document in the vendor's form, as text" })
  @IsString()
  @IsNotEmpty()
  document: string;

  @ApiPropertyOptional({ enum: ROLES, description: 'What kind of document it is' })
  @MayBeAbsent()
  @IsIn(ROLES)
  role: (typeof ROLES)[number] = 'flow';

  @ApiPropertyOptional({ description: 'URL it came from; relative URLs in it are resolved against this' })
  @MayBeAbsent()
  @IsHttpUrl()
  url?: string;
}

/** A call as it is shown. */
export class CallDto {
  @ApiProperty() callRef: string;
  @ApiProperty() applicationId: string;
  @ApiProperty({ enum: VENDOR_NAMES }) vendor: VendorName;
  @ApiProperty({ description: 'The media node that owns its audio' }) nodeId: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) identity: CallIdentity;
  @ApiProperty({ enum: ['ringing', 'answered', 'bridged', 'ended'] }) state: CallState;
  @ApiProperty() createdAt: string;
  @ApiProperty({ type: String, nullable: true }) answeredAt: string | null;
  @ApiProperty({ type: String, nullable: true }) endedAt: string | null;
  @ApiProperty({ enum: ['caller', 'callee', 'gateway'], nullable: true }) endedBy: CallRecord['endedBy'];
  @ApiPropertyOptional({ description: 'Why it ended: party, command, flow, rejected, interrupted, applicationFailed, noAnswer, mediaTimeout, nodeStopped, nodeLost' })
  endReason?: NonNullable<CallRecord['endReason']>;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'The conference it is in: conferenceId, joinedAt, muted' })
  conference?: NonNullable<CallRecord['conference']>;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'Where each leg sends its audio' })
  media: CallRecord['media'];
  @ApiProperty({ type: [String] }) warnings: readonly string[];
}

export class CallListDto {
  @ApiProperty({ type: [CallDto] }) items: CallDto[];
}

/** What became of a document that was handed to a call. */
export class InstructedDto {
  @ApiProperty({ type: [String], description: 'Recordings accepted so far because of it' })
  recordings: readonly string[];
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'What became of each field',
  })
  accounting: readonly AccountingEntry[];
  @ApiProperty({ type: [String] }) warnings: readonly string[];
  @ApiProperty({ description: 'True when it was seen before and nothing was started' }) repeated: boolean;
}

export function showCall(call: CallRecord): CallDto {
  const {
    callRef,
    applicationId,
    vendor,
    nodeId,
    identity,
    state,
    createdAt,
    answeredAt,
    endedAt,
    endedBy,
    endReason,
    conference,
    media,
    warnings,
  } = call;
  return {
    callRef,
    applicationId,
    vendor,
    nodeId,
    identity,
    state,
    createdAt,
    answeredAt,
    endedAt,
    endedBy,
    ...(endReason === undefined ? {} : { endReason }),
    ...(conference === undefined ? {} : { conference }),
    media,
    warnings,
  };
}

/** The leg as the media node takes it. */
export function toLegRequest(leg: LegDto): LegRequest {
  if (leg.transport === 'websocket') return { transport: 'websocket', dialect: leg.dialect ?? 'raw' };
  const { codec = 'PCMU', sampleRate, payloadType, telephoneEventPayloadType, remote } = leg;
  return {
    transport: 'rtp',
    codec,
    ...(sampleRate === undefined ? {} : { sampleRate }),
    ...(payloadType === undefined ? {} : { payloadType }),
    ...(telephoneEventPayloadType === undefined ? {} : { telephoneEventPayloadType }),
    ...(remote === undefined ? {} : { remote: { address: remote.address, port: remote.port } }),
  };
}

/** Who the call is; a call id is made up when none is given. */
export function toIdentity(identity: IdentityDto, ids: IdSource): CallIdentity {
  const { callId, from, to, direction, conferenceId, vendor } = identity;
  return {
    callId: callId ?? ids.uuid(),
    from,
    to,
    direction,
    vendor,
    ...(conferenceId === undefined ? {} : { conferenceId }),
  };
}
