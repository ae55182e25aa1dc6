import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import { MayBeAbsent, MayBeNull } from '../../http/dto-decorators.js';

/** Ten years. */
const LONGEST_SECONDS = 315_360_000;

/** What may be changed of a stored recording. */
export class KeepRecordingDto {
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'Seconds from the storing after which the file is deleted; null: it is kept for ever',
  })
  @MayBeNull()
  @IsInt()
  @Min(1)
  @Max(LONGEST_SECONDS)
  retentionSeconds?: number | null;

  @ApiPropertyOptional({ description: 'true: nothing deletes the file; false: its time counts again' })
  @MayBeAbsent()
  @IsBoolean()
  legalHold?: boolean;
}
