import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsObject, IsString, Length } from 'class-validator';
import { STREAM_DIALECTS, STREAM_KEY, streamTokenOf } from '#libs/orchestration';
import { REDACTED, VENDOR_NAMES, type ApplicationRecord, type ApplicationView, type VendorName } from '#libs/recording-model';
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
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description:
      'By dialect: a WebSocket that connects here opens a call whose flow begins. Query: party, from, to, callId, direction. Whoever knows the address is let in',
  })
  streamUrls: Readonly<Record<string, string>>;
  @ApiProperty() createdAt: string;
  @ApiProperty() updatedAt: string;
}

export class ApplicationListDto {
  @ApiProperty({ type: [ApplicationDto] }) items: ApplicationDto[];
}

/**
 * Secret settings appear by name alone.
 * @param view with its secrets opened
 * @param websocketUrl where a media node takes WebSocket audio; null: nowhere at the moment
 */
export function showApplication(application: ApplicationRecord, view: ApplicationView, websocketUrl: string | null): ApplicationDto {
  const { id, name, vendor, createdAt, updatedAt } = application;
  const names = Object.keys(view.secrets).filter((key) => key !== STREAM_KEY);
  const hidden = Object.fromEntries(names.map((key) => [key, REDACTED]));
  const token = streamTokenOf(view);
  const dialects = websocketUrl === null || token === null ? [] : STREAM_DIALECTS;
  const streamUrls = Object.fromEntries(dialects.map((dialect) => [dialect, `${websocketUrl}/applications/${token}/${dialect}`]));
  return { id, name, vendor, settings: { ...application.settings, ...hidden }, streamUrls, createdAt, updatedAt };
}
