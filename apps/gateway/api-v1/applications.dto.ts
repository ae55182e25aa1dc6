import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsObject, IsString, Length } from 'class-validator';
import { REDACTED, VENDOR_NAMES, type ApplicationRecord, type VendorName } from '#libs/recording-model';
import { MayBeAbsent } from '../http/dto-decorators.js';

export class CreateApplicationDto {
  @ApiProperty({ description: 'A name for people', example: 'voicemail' })
  @IsString()
  @Length(1, 200)
  name: string;

  @ApiProperty({ enum: VENDOR_NAMES, description: 'The dialect this application speaks' })
  @IsIn(VENDOR_NAMES)
  vendor: VendorName;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Settings of the vendor, all strings; secret ones are sealed and never shown again',
  })
  @MayBeAbsent()
  @IsObject()
  settings: Record<string, string> = {};
}

export class UpdateApplicationDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Settings to change; the others stay',
  })
  @IsObject()
  @IsNotEmpty()
  settings: Record<string, string>;
}

/** An application as it is shown. */
export class ApplicationDto {
  @ApiProperty() id: string;
  @ApiProperty() name: string;
  @ApiProperty({ enum: VENDOR_NAMES }) vendor: VendorName;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) settings: Record<string, string>;
  @ApiProperty() createdAt: string;
  @ApiProperty() updatedAt: string;
}

export class ApplicationListDto {
  @ApiProperty({ type: [ApplicationDto] }) items: ApplicationDto[];
}

/** Secret settings appear by name alone. */
export function showApplication(application: ApplicationRecord, secretNames: readonly string[]): ApplicationDto {
  const { id, name, vendor, createdAt, updatedAt } = application;
  const hidden = Object.fromEntries(secretNames.map((key) => [key, REDACTED]));
  return { id, name, vendor, settings: { ...application.settings, ...hidden }, createdAt, updatedAt };
}
