import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsObject, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { IsPlainUrl, MayBeAbsent, MayBeNull } from '../../http/dto-decorators.js';

/** Names an entry of `secrets`; the value itself stands in no spec. */
export class SecretRefDto {
  @ApiProperty({ description: 'Name of an entry of `secrets`', example: 'awsSecret' })
  @Matches(/^[A-Za-z0-9_.-]{1,64}$/)
  secret: string;
}

const SECRET_REF = [IsObject(), ValidateNested(), Type(() => SecretRefDto)];

function RefersToSecret(): PropertyDecorator {
  return applyDecorators(ApiProperty({ type: SecretRefDto }), ...SECRET_REF);
}

function MayReferToSecret(description: string): PropertyDecorator {
  const shown = ApiPropertyOptional({ type: SecretRefDto, nullable: true, description });
  return applyDecorators(shown, MayBeNull(), ...SECRET_REF);
}

export const DESTINATION_KINDS = ['s3', 'gcs', 'azure-blob', 'http-upload', 'ftp-upload', 'media-store'] as const;

/** Where the file goes; which further fields there are depends on `kind`. */
export class DestinationDto {
  @ApiProperty({ enum: DESTINATION_KINDS })
  @IsIn(DESTINATION_KINDS)
  kind: (typeof DESTINATION_KINDS)[number];
}

export class S3DestinationDto extends DestinationDto {
  declare kind: 's3';

  @ApiProperty()
  @IsString()
  @Length(3, 255)
  bucket: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Object key; a trailing `/` marks a folder; null: named when the recording ends',
  })
  @MayBeNull()
  @IsString()
  @Length(1, 1024)
  key: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @Matches(/^[a-z0-9-]{1,64}$/)
  region: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Null: the AWS endpoint of the region' })
  @MayBeNull()
  @IsPlainUrl()
  endpoint: string | null = null;

  @ApiPropertyOptional({ enum: ['path', 'virtual'], nullable: true })
  @MayBeNull()
  @IsIn(['path', 'virtual'])
  addressing: 'path' | 'virtual' | null = null;

  @RefersToSecret()
  accessKeyId: SecretRefDto;

  @RefersToSecret()
  secretAccessKey: SecretRefDto;
}

/** Credentials for Google Cloud Storage; which of the references there are depends on `kind`. */
export class GcsAuthDto {
  @ApiProperty({ enum: ['accessToken', 'refreshToken', 'hmac'] })
  @IsIn(['accessToken', 'refreshToken', 'hmac'])
  kind: 'accessToken' | 'refreshToken' | 'hmac';
}

export class GcsAccessTokenDto extends GcsAuthDto {
  declare kind: 'accessToken';

  @RefersToSecret()
  token: SecretRefDto;
}

export class GcsRefreshTokenDto extends GcsAuthDto {
  declare kind: 'refreshToken';

  @RefersToSecret()
  refreshToken: SecretRefDto;

  @RefersToSecret()
  clientId: SecretRefDto;

  @RefersToSecret()
  clientSecret: SecretRefDto;
}

export class GcsHmacDto extends GcsAuthDto {
  declare kind: 'hmac';

  @RefersToSecret()
  accessKeyId: SecretRefDto;

  @RefersToSecret()
  secretAccessKey: SecretRefDto;
}

const GCS_AUTH_CLASSES = { accessToken: GcsAccessTokenDto, refreshToken: GcsRefreshTokenDto, hmac: GcsHmacDto };

@ApiExtraModels(...Object.values(GCS_AUTH_CLASSES))
export class GcsDestinationDto extends DestinationDto {
  declare kind: 'gcs';

  @ApiProperty()
  @IsString()
  @Length(3, 255)
  bucket: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsString()
  @Length(1, 255)
  project: string | null = null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Object name; null: named when the recording ends',
  })
  @MayBeNull()
  @IsString()
  @Length(1, 1024)
  key: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsPlainUrl()
  endpoint: string | null = null;

  @ApiProperty(oneOf(GCS_AUTH_CLASSES))
  @IsObject()
  @ValidateNested()
  @Type(() => GcsAuthDto, kinds(GCS_AUTH_CLASSES))
  auth: GcsAccessTokenDto | GcsRefreshTokenDto | GcsHmacDto;
}

/** Credentials for Azure Blob Storage. */
export class AzureAuthDto {
  @ApiProperty({ enum: ['accountKey', 'sas'] })
  @IsIn(['accountKey', 'sas'])
  kind: 'accountKey' | 'sas';
}

export class AzureAccountKeyDto extends AzureAuthDto {
  declare kind: 'accountKey';

  @RefersToSecret()
  accountKey: SecretRefDto;
}

export class AzureSasDto extends AzureAuthDto {
  declare kind: 'sas';

  @RefersToSecret()
  token: SecretRefDto;
}

const AZURE_AUTH_CLASSES = { accountKey: AzureAccountKeyDto, sas: AzureSasDto };

@ApiExtraModels(...Object.values(AZURE_AUTH_CLASSES))
export class AzureBlobDestinationDto extends DestinationDto {
  declare kind: 'azure-blob';

  @ApiProperty()
  @Matches(/^[a-z0-9-]{1,64}$/)
  account: string;

  @ApiProperty()
  @Matches(/^[a-z0-9$-]{1,63}$/)
  container: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Blob name; null: named when the recording ends' })
  @MayBeNull()
  @IsString()
  @Length(1, 1024)
  key: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsPlainUrl()
  endpoint: string | null = null;

  @ApiProperty(oneOf(AZURE_AUTH_CLASSES))
  @IsObject()
  @ValidateNested()
  @Type(() => AzureAuthDto, kinds(AZURE_AUTH_CLASSES))
  auth: AzureAccountKeyDto | AzureSasDto;
}

export class HttpUploadDestinationDto extends DestinationDto {
  declare kind: 'http-upload';

  @ApiProperty({
    description: 'With a trailing `/` a folder, in which the file gets its name. Without credentials; those go into `userinfo`',
  })
  @IsPlainUrl()
  url: string;

  @ApiPropertyOptional({ enum: ['PUT', 'POST'], default: 'PUT' })
  @MayBeAbsent()
  @IsIn(['PUT', 'POST'])
  method: 'PUT' | 'POST' = 'PUT';

  @MayReferToSecret('`user:password` for Basic')
  userinfo: SecretRefDto | null = null;
}

export class FtpUploadDestinationDto extends DestinationDto {
  declare kind: 'ftp-upload';

  @ApiProperty({ description: '`ftp` or `ftps`: a directory that is there. Without credentials; those go into `userinfo`' })
  @IsPlainUrl('ftp')
  url: string;

  @MayReferToSecret('`user:password`; null: anonymous')
  userinfo: SecretRefDto | null = null;
}

export class MediaStoreDestinationDto extends DestinationDto {
  declare kind: 'media-store';

  @ApiPropertyOptional({ type: String, nullable: true, description: "Container; null: the application's own space" })
  @MayBeNull()
  @Matches(/^[A-Za-z0-9_-]{1,128}$/)
  container: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'An existing file to append to or overwrite' })
  @MayBeNull()
  @Matches(/^[A-Za-z0-9_-]{1,128}$/)
  file: string | null = null;
}

export type AnyDestinationDto =
  S3DestinationDto | GcsDestinationDto | AzureBlobDestinationDto | HttpUploadDestinationDto | FtpUploadDestinationDto | MediaStoreDestinationDto;

/** The class of each kind of destination. */
export const DESTINATION_CLASSES = {
  s3: S3DestinationDto,
  gcs: GcsDestinationDto,
  'azure-blob': AzureBlobDestinationDto,
  'http-upload': HttpUploadDestinationDto,
  'ftp-upload': FtpUploadDestinationDto,
  'media-store': MediaStoreDestinationDto,
} as const satisfies Record<(typeof DESTINATION_KINDS)[number], new () => DestinationDto>;

type DiscriminatedBy = NonNullable<Parameters<typeof Type>[1]>;

/** Chooses the class by the field `kind`; an unknown kind stays with the base class, which refuses it by name. */
export function kinds(classes: Readonly<Record<string, new () => object>>): DiscriminatedBy {
  const subTypes = Object.entries(classes).map(([name, value]) => ({ name, value }));
  return { discriminator: { property: 'kind', subTypes }, keepDiscriminatorProperty: true };
}

/** How the OpenAPI document shows a field whose class depends on its `kind`. */
export function oneOf(classes: Readonly<Record<string, new () => object>>): { readonly oneOf: { $ref: string }[] } {
  return { oneOf: Object.values(classes).map((type) => ({ $ref: getSchemaPath(type) })) };
}
