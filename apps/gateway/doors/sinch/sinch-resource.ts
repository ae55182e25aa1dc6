import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBasicAuth,
  ApiBody,
  ApiForbiddenResponse,
  ApiHeader,
  ApiNotFoundResponse,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { SinchGuard } from './sinch.guard.js';

/** A controller of the Sinch door under these paths: who asks has proved to be an application (contract §4.1). */
export function SinchResource(paths: readonly string[]): ClassDecorator {
  return applyDecorators(
    ApiTags('sinch door'),
    ApiBasicAuth(),
    ApiHeader({ name: 'x-timestamp', required: false, description: 'ISO 8601, UTC; for requests that are signed' }),
    ApiBadRequestResponse({ description: '40001, 40002, 40003' }),
    ApiUnauthorizedResponse({ description: '40100, 40101, 40102, 40108' }),
    ApiForbiddenResponse({ description: '40301: neither "application KEY:SIGNATURE" nor Basic' }),
    ApiNotFoundResponse({ description: '40400' }),
    UseGuards(SinchGuard),
    Controller([...paths]),
  );
}

/** A JSON body that the route reads from the text as it was sent, since signatures are made over that. */
export function SinchBody(example: object): MethodDecorator {
  return ApiBody({ schema: { type: 'object', example } });
}
