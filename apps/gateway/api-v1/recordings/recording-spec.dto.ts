import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsString, Length, Matches, Max, Min, ValidateBy, ValidateNested } from 'class-validator';
import {
  RECORDING_EVENT_NAMES,
  VENDOR_NAMES,
  type AudioCodec,
  type ContainerFormat,
  type RecordingEventName,
  type RecordingParties,
  type RecordingSpec,
  type RecordingStart,
  type VendorName,
} from '#libs/recording-model';
import { IsPlainUrl, IsStringMap, MayBeAbsent, MayBeNull } from '../../http/dto-decorators.js';
import { DESTINATION_CLASSES, DestinationDto, kinds, SecretRefDto, type AnyDestinationDto } from './destination.dto.js';

type RecordingRetention = NonNullable<RecordingSpec['retention']>;

const DAY_MS = 86_400_000;
const YEAR_SECONDS = 366 * 86_400;
const TERABYTE = 2 ** 40;

export const SAMPLE_RATES = [8000, 16000, 24000, 32000, 44100, 48000] as const;

/** `auto`, or a mean absolute amplitude of 0..32767. */
function IsSilenceLevel(): PropertyDecorator {
  return ValidateBy({
    name: 'isSilenceLevel',
    validator: {
      validate: (value) => value === 'auto' || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 32767),
      defaultMessage: () => '$property must be "auto" or a whole number of 0 to 32767',
    },
  });
}

export class SilenceRuleDto {
  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Silence before any sound that ends the recording, ms' })
  @MayBeNull()
  @IsInt()
  @Min(100)
  @Max(DAY_MS)
  initialMs: number | null = null;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Silence after sound that ends the recording, ms' })
  @MayBeNull()
  @IsInt()
  @Min(100)
  @Max(DAY_MS)
  finalMs: number | null = null;

  @ApiPropertyOptional({ oneOf: [{ type: 'string', enum: ['auto'] }, { type: 'integer', minimum: 0, maximum: 32767 }], default: 'auto' })
  @MayBeAbsent()
  @IsSilenceLevel()
  level: 'auto' | number = 'auto';
}

export class PlayDuringDto {
  @ApiProperty()
  @IsPlainUrl()
  url: string;

  @ApiPropertyOptional({ default: 1 })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(1000)
  loop: number = 1;
}

export class RecordingFormatDto {
  @ApiPropertyOptional({ enum: ['wav', 'mp3', 'raw'], default: 'wav' })
  @MayBeAbsent()
  @IsIn(['wav', 'mp3', 'raw'])
  container: ContainerFormat = 'wav';

  @ApiPropertyOptional({ enum: ['pcm16', 'mulaw', 'alaw', 'mp3'], description: 'Absent: pcm16 in wav, mulaw in raw, mp3 in mp3' })
  @MayBeAbsent()
  @IsIn(['pcm16', 'mulaw', 'alaw', 'mp3'])
  codec?: AudioCodec;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'MP3 only, kbit/s' })
  @MayBeNull()
  @IsInt()
  @Min(8)
  @Max(320)
  bitrateKbps: number | null = null;

  @ApiPropertyOptional({ description: 'File name extension without its dot; follows the format when absent' })
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9]{1,8}$/)
  extension?: string;

  @ApiPropertyOptional({ description: 'Follows the format when absent' })
  @MayBeAbsent()
  @Matches(/^[\w.+-]{1,64}\/[\w.+-]{1,64}$/)
  contentType?: string;
}

export class EncryptionRuleDto {
  @ApiProperty({ enum: ['aes-cbc'] })
  @IsIn(['aes-cbc'])
  cipher: 'aes-cbc';

  @ApiProperty({ enum: [128, 192, 256] })
  @IsIn([128, 192, 256])
  keyBits: 128 | 192 | 256;

  @ApiProperty({ type: SecretRefDto, description: 'The key in hex' })
  @IsObject()
  @ValidateNested()
  @Type(() => SecretRefDto)
  key: SecretRefDto;

  @ApiProperty({ type: SecretRefDto, description: 'The vector in hex' })
  @IsObject()
  @ValidateNested()
  @Type(() => SecretRefDto)
  vector: SecretRefDto;
}

export class RetentionDto {
  @ApiProperty()
  @IsInt()
  @Min(1)
  @Max(100 * YEAR_SECONDS)
  ttlSeconds: number;

  @ApiPropertyOptional({ enum: ['delete'], default: 'delete' })
  @MayBeAbsent()
  @IsIn(['delete'])
  action: RecordingRetention['action'] = 'delete';
}

export class TranscriptionRuleDto {
  @ApiPropertyOptional({ type: String, nullable: true, example: 'en-GB' })
  @MayBeNull()
  @Matches(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/)
  locale: string | null = null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0, maximum: 1 })
  @MayBeNull()
  @IsNumber()
  @Min(0)
  @Max(1)
  lowConfidenceThreshold: number | null = null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsString()
  @Length(0, 100)
  lowConfidenceReplacement: string | null = null;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'ms' })
  @MayBeNull()
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  timeoutMs: number | null = null;
}

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

  @ApiPropertyOptional({ type: EncryptionRuleDto, nullable: true, description: 'Not yet executed' })
  @MayBeNull()
  @IsObject()
  @ValidateNested()
  @Type(() => EncryptionRuleDto)
  encryption: EncryptionRuleDto | null = null;

  @ApiPropertyOptional({
    oneOf: Object.values(DESTINATION_CLASSES).map((type) => ({ $ref: getSchemaPath(type) })),
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
