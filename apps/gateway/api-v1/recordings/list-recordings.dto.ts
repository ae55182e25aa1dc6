import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsNotEmpty, IsString, Matches } from 'class-validator';
import {
  RECORDING_STATES,
  RecgateError,
  VENDOR_NAMES,
  type RecordingQuery,
  type RecordingState,
  type VendorName,
} from '#libs/recording-model';
import { MayBeAbsent } from '../../http/dto-decorators.js';
import { PageQueryDto } from '../page-query.dto.js';

/** Which recordings are wanted. */
export class ListRecordingsDto extends PageQueryDto {
  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  applicationId?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  callRef?: string;

  @ApiPropertyOptional({ enum: RECORDING_STATES })
  @MayBeAbsent()
  @IsIn(RECORDING_STATES)
  state?: RecordingState;

  @ApiPropertyOptional({ enum: VENDOR_NAMES })
  @MayBeAbsent()
  @IsIn(VENDOR_NAMES)
  vendor?: VendorName;

  @ApiPropertyOptional({ format: 'date-time', description: 'This time or later' })
  @MayBeAbsent()
  @IsISO8601({ strict: true })
  createdAfter?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time' })
  @MayBeAbsent()
  @IsISO8601({ strict: true })
  createdBefore?: string;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before' })
  @MayBeAbsent()
  @Matches(/^\d{1,15}_[\w-]{1,128}$/, { message: 'cursor must be the nextCursor of a page' })
  cursor?: string;
}

/** The query as the ledger takes it. */
export function toRecordingQuery(tenantId: string, dto: ListRecordingsDto): RecordingQuery {
  const { applicationId, callRef, state, vendor, createdAfter, createdBefore, cursor, limit } = dto;
  return {
    tenantId,
    limit,
    ...(applicationId === undefined ? {} : { applicationId }),
    ...(callRef === undefined ? {} : { callRef }),
    ...(state === undefined ? {} : { state }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(createdAfter === undefined ? {} : { createdAfter: toDate(createdAfter, 'createdAfter') }),
    ...(createdBefore === undefined ? {} : { createdBefore: toDate(createdBefore, 'createdBefore') }),
  };
}

function toDate(text: string, field: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new RecgateError('field.invalid', `${field} must be a date and time of ISO 8601`, { field });
  return date;
}
