import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse } from '@nestjs/swagger';
import { ERROR_CATALOGUE, type ErrorCode } from '#libs/recording-model';

/** Where in a document the fault lies. */
export class ProblemPositionDto {
  @ApiProperty() path: string;
  @ApiPropertyOptional() line?: number;
  @ApiPropertyOptional() column?: number;
}

/** A problem as RFC 9457 words it. */
export class ProblemDto {
  @ApiProperty({ example: 'urn:recgate:problem:field.invalid' }) type: string;
  @ApiProperty() title: string;
  @ApiProperty() status: number;
  @ApiProperty() detail: string;
  @ApiProperty({ enum: Object.keys(ERROR_CATALOGUE) }) code: ErrorCode;
  @ApiPropertyOptional({ description: 'The field at fault, with its path' }) field?: string;
  @ApiPropertyOptional({ type: ProblemPositionDto }) position?: ProblemPositionDto;
}

/** All errors of a controller are problem details. */
export function ApiProblems(): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ApiResponse({ status: 'default', type: ProblemDto, description: 'Problem details (application/problem+json)' }),
  );
}
