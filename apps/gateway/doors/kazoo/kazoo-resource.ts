import { applyDecorators, Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiBasicAuth, ApiForbiddenResponse, ApiSecurity, ApiTags, ApiUnauthorizedResponse } from '@nestjs/swagger';
import { KazooEnvelopes } from './kazoo-answer.js';
import { KazooGuard } from './kazoo.guard.js';

/** Below which path the door's resources stand. */
export const KAZOO_MOUNT = 'kazoo/v2';

/** A controller below `/kazoo/v2/accounts/{accountId}`: authenticated, own account only, answers in envelopes. */
export function KazooAccountResource(path: string): ClassDecorator {
  return applyDecorators(
    ApiTags('kazoo door'),
    ApiSecurity('kazoo'),
    ApiBasicAuth(),
    ApiUnauthorizedResponse({ description: 'invalid_credentials' }),
    ApiForbiddenResponse({ description: 'forbidden: another account' }),
    UseGuards(KazooGuard),
    UseInterceptors(KazooEnvelopes),
    Controller(path === '' ? `${KAZOO_MOUNT}/accounts/:accountId` : `${KAZOO_MOUNT}/accounts/:accountId/${path}`),
  );
}
