import { ApiExtraModels, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { VENDOR_NAMES, type RecordingParties, type RecordingStart, type VendorName } from '#libs/recording-model';
import { IsStringMap, MayBeAbsent, MayBeNull } from '../../http/dto-decorators.js';
import { DESTINATION_CLASSES, DestinationDto, kinds, oneOf, type AnyDestinationDto } from './destination.dto.js';
import {
  EncryptionRuleDto,
  PlayDuringDto,
  RecordingFormatDto,
  RetentionDto,
  SilenceRuleDto,
  TranscriptionRuleDto,
} from './recording-rules.dto.js';
import { ContinuationDto, SubscriptionDto } from './subscription.dto.js';

const DAY_MS = 86_400_000;
const TERABYTE = 2 ** 40;

export const SAMPLE_RATES = [8000, 16000, 24000, 32000, 44100, 48000] as const;

/** The canonical job. Every field may be left out; the defaults stand here and in the OpenAPI document. Durations are media time. */
@ApiExtraModels(...Object.values(DESTINATION_CLASSES))
export class RecordingSpecDto {
  @ApiPropertyOptional({ enum: VENDOR_NAMES, description: "The application's vendor; nothing else goes" })
  @MayBeAbsent()
  @IsIn(VENDOR_NAMES)
  vendor?: VendorName;

  @ApiPropertyOptional({ enum: ['blocking', 'background'], default: 'background' })
  @MayBeAbsent()
  @IsIn(['blocking', 'background'])
  mode: 'blocking' | 'background' = 'background';

  @ApiPropertyOptional({ enum: ['now', 'onAnswer', 'onBridge', 'onFirstSound'], default: 'now' })
  @MayBeAbsent()
  @IsIn(['now', 'onAnswer', 'onBridge', 'onFirstSound'])
  start: RecordingStart = 'now';

  @ApiPropertyOptional({ enum: ['both', 'caller', 'callee', 'conference'], default: 'both' })
  @MayBeAbsent()
  @IsIn(['both', 'caller', 'callee', 'conference'])
  parties: RecordingParties = 'both';

  @ApiPropertyOptional({ enum: [1, 2], default: 1, description: '2: caller left, callee right' })
  @MayBeAbsent()
  @IsIn([1, 2])
  channels: 1 | 2 = 1;

  @ApiPropertyOptional({ enum: SAMPLE_RATES, default: 8000 })
  @MayBeAbsent()
  @IsIn(SAMPLE_RATES)
  sampleRate: number = 8000;

  @ApiPropertyOptional({ default: false })
  @MayBeAbsent()
  @IsBoolean()
  beep: boolean = false;

  @ApiPropertyOptional({ default: '', description: 'Keys that end the recording, each of 0-9*#A-D' })
  @MayBeAbsent()
  @Matches(/^[0-9*#A-D]{0,16}$/)
  stopKeys: string = '';

  @ApiPropertyOptional({ type: SilenceRuleDto, nullable: true, description: 'Null: silence never ends it' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => SilenceRuleDto)
  silence: SilenceRuleDto | null = null;

  @ApiPropertyOptional({ type: Number, nullable: true, maximum: DAY_MS, description: 'Null: no limit of its own' })
  @MayBeNull()
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  maxDurationMs: number | null = null;

  @ApiPropertyOptional({ default: 0, maximum: DAY_MS })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  minDurationMs: number = 0;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @MayBeNull()
  @IsInt()
  @Min(1024)
  @Max(TERABYTE)
  maxBytes: number | null = null;

  @ApiPropertyOptional({ enum: ['none', 'leading', 'both'], default: 'none' })
  @MayBeAbsent()
  @IsIn(['none', 'leading', 'both'])
  trim: 'none' | 'leading' | 'both' = 'none';

  @ApiPropertyOptional({ default: true })
  @MayBeAbsent()
  @IsBoolean()
  followTransfer: boolean = true;

  @ApiPropertyOptional({ type: PlayDuringDto, nullable: true, description: 'Not yet executed' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => PlayDuringDto)
  playDuring: PlayDuringDto | null = null;

  @ApiPropertyOptional({ type: RecordingFormatDto, description: 'Absent: 16-bit WAV' })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => RecordingFormatDto)
  format: RecordingFormatDto = new RecordingFormatDto();

  @ApiPropertyOptional({ type: EncryptionRuleDto, nullable: true, description: 'WAV and raw files alone' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => EncryptionRuleDto)
  encryption: EncryptionRuleDto | null = null;

  @ApiPropertyOptional({
    ...oneOf(DESTINATION_CLASSES),
    description: "Absent: the gateway's own store",
  })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => DestinationDto, kinds(DESTINATION_CLASSES))
  destination?: AnyDestinationDto;

  @ApiPropertyOptional({ enum: ['append', 'overwrite', 'unique'], default: 'unique' })
  @MayBeAbsent()
  @IsIn(['append', 'overwrite', 'unique'])
  ifExists: 'append' | 'overwrite' | 'unique' = 'unique';

  @ApiPropertyOptional({ type: RetentionDto, nullable: true, description: 'Not yet executed' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => RetentionDto)
  retention: RetentionDto | null = null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }] } })
  @MayBeAbsent()
  @IsStringMap({ entries: 64, length: 1024, numbers: true })
  labels: Record<string, string | number> = {};

  @ApiPropertyOptional({ type: TranscriptionRuleDto, nullable: true, description: 'Not yet executed' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => TranscriptionRuleDto)
  transcription: TranscriptionRuleDto | null = null;

  @ApiPropertyOptional({ type: [SubscriptionDto] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(32)
  @ValidateNested({ each: true })
  @Type(() => SubscriptionDto)
  subscriptions: SubscriptionDto[] = [];

  @ApiPropertyOptional({ type: ContinuationDto, nullable: true, description: 'For recordings on a call' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => ContinuationDto)
  continuation: ContinuationDto | null = null;
}
