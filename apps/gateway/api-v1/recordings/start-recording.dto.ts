import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsObject, IsString, Length, ValidateIf, ValidateNested } from 'class-validator';
import { IsHttpUrl, IsStringMap, MayBeAbsent } from '../../http/dto-decorators.js';
import { IdentityDto, ROLES } from '../calls.dto.js';
import { RecordingSpecDto } from './recording-spec.dto.js';

const LONGEST_SECRET = 16_384;

/** Where a finished file comes from. */
export class SourceDto {
  @ApiProperty({
    enum: ['url', 'upload'],
    description: '`upload`: the bytes follow with PUT /v1/recordings/{id}/source',
  })
  @IsIn(['url', 'upload'])
  kind: 'url' | 'upload';

  @ApiPropertyOptional({ description: '`url` only; credentials in it are taken out and sealed' })
  @ValidateIf((source: SourceDto) => source.kind === 'url' || source.url !== undefined)
  @IsHttpUrl()
  url?: string;
}

/** A recording on a call (`callRef`) or of a finished file (`source`), asked for by a vendor document or by a canonical spec. */
export class StartRecordingDto {
  @ApiPropertyOptional({ description: 'Needed for a source; a call has its own' })
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  applicationId?: string;

  @ApiPropertyOptional({ description: 'The call to record; either this or `source`' })
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  callRef?: string;

  @ApiPropertyOptional({ type: SourceDto, description: 'The finished file to record; either this or `callRef`' })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => SourceDto)
  source?: SourceDto;

  @ApiPropertyOptional({ type: IdentityDto, description: 'With a source: whose call the file is' })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => IdentityDto)
  call?: IdentityDto;

  @ApiPropertyOptional({ description: "A document in the vendor's form, as text; either this or `spec`" })
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  document?: string;

  @ApiPropertyOptional({ enum: ROLES, default: 'flow', description: 'What kind of document it is' })
  @MayBeAbsent()
  @IsIn(ROLES)
  role: (typeof ROLES)[number] = 'flow';

  @ApiPropertyOptional({ description: 'URL the document came from; relative URLs in it are resolved against this' })
  @MayBeAbsent()
  @IsHttpUrl()
  @Length(1, 8192)
  url?: string;

  @ApiPropertyOptional({ type: RecordingSpecDto, description: 'The canonical job; either this or `document`' })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => RecordingSpecDto)
  spec?: RecordingSpecDto;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Credentials by name; the spec refers to them by `{"secret": name}`. Sealed, never shown again',
  })
  @MayBeAbsent()
  @IsStringMap({ entries: 32, length: LONGEST_SECRET })
  secrets: Record<string, string> = {};
}
