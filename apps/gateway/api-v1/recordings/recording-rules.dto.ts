import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { type AudioCodec, type ContainerFormat, type RecordingSpec } from '#libs/recording-model';
import { IsPlainUrl, MayBeAbsent, MayBeNull } from '../../http/dto-decorators.js';
import { SecretRefDto } from './destination.dto.js';

type RecordingRetention = NonNullable<RecordingSpec['retention']>;

const DAY_MS = 86_400_000;
const YEAR_SECONDS = 366 * 86_400;

/** `auto`, or a mean absolute amplitude of 0..32767. */
function IsSilenceLevel(): PropertyDecorator {
  return ValidateBy({
    name: 'isSilenceLevel',
    validator: {
      validate: (value) =>
        value === 'auto' || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 32767),
      defaultMessage: () => '$property must be "auto" or a whole number of 0 to 32767',
    },
  });
}

export class SilenceRuleDto {
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'Silence before any sound that ends the recording, ms',
  })
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

  @ApiPropertyOptional({
    oneOf: [
      { type: 'string', enum: ['auto'] },
      { type: 'integer', minimum: 0, maximum: 32767 },
    ],
    default: 'auto',
  })
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

  @ApiPropertyOptional({
    enum: ['pcm16', 'mulaw', 'alaw', 'mp3'],
    description: 'Absent: pcm16 in wav, mulaw in raw, mp3 in mp3',
  })
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
