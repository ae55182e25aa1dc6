import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsObject, Matches, ValidateNested } from 'class-validator';
import { RECORDING_EVENT_NAMES, type RecordingEventName } from '#libs/recording-model';
import { IsPlainUrl, MayBeAbsent, MayBeNull } from '../../http/dto-decorators.js';
import { SecretRefDto } from './destination.dto.js';

export class SubscriptionDto {
  @ApiProperty({ description: 'Unique within the spec; letters, digits, `_`, `-`', example: 'status' })
  @Matches(/^[A-Za-z0-9_-]{1,64}$/)
  name: string;

  @ApiProperty({ enum: RECORDING_EVENT_NAMES, isArray: true })
  @IsArray()
  @ArrayMaxSize(RECORDING_EVENT_NAMES.length)
  @IsIn(RECORDING_EVENT_NAMES, { each: true })
  events: RecordingEventName[];

  @ApiPropertyOptional({ type: String, nullable: true, description: "Null: the application's own address" })
  @MayBeNull()
  @IsPlainUrl()
  url: string | null = null;

  @ApiPropertyOptional({ enum: ['GET', 'POST', 'PUT'], default: 'POST' })
  @MayBeAbsent()
  @IsIn(['GET', 'POST', 'PUT'])
  method: 'GET' | 'POST' | 'PUT' = 'POST';

  @ApiPropertyOptional({ type: SecretRefDto, nullable: true, description: '`user:password` for Basic' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => SecretRefDto)
  userinfo: SecretRefDto | null = null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsPlainUrl()
  fallbackUrl: string | null = null;

  @ApiPropertyOptional({ enum: ['durable', 'vendor'], default: 'durable' })
  @MayBeAbsent()
  @IsIn(['durable', 'vendor'])
  policy: 'durable' | 'vendor' = 'durable';
}

export class FlowRequestDto {
  @ApiProperty({ description: "The purpose in the vendor's words", example: 'action' })
  @Matches(/^\w{1,64}$/)
  purpose: string;

  @ApiProperty()
  @IsPlainUrl()
  url: string;

  @ApiPropertyOptional({ enum: ['GET', 'POST'], default: 'POST' })
  @MayBeAbsent()
  @IsIn(['GET', 'POST'])
  method: 'GET' | 'POST' = 'POST';

  @ApiPropertyOptional({ type: SecretRefDto, nullable: true })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => SecretRefDto)
  userinfo: SecretRefDto | null = null;
}

export class ContinuationDto {
  @ApiPropertyOptional({ type: FlowRequestDto, nullable: true })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => FlowRequestDto)
  onCompleted: FlowRequestDto | null = null;

  @ApiPropertyOptional({ type: FlowRequestDto, nullable: true })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => FlowRequestDto)
  onFailed: FlowRequestDto | null = null;

  @ApiPropertyOptional({ default: false })
  @MayBeAbsent()
  @IsBoolean()
  onlyWithAudio: boolean = false;

  @ApiPropertyOptional({ enum: ['captured', 'available'], default: 'captured' })
  @MayBeAbsent()
  @IsIn(['captured', 'available'])
  requires: 'captured' | 'available' = 'captured';
}
