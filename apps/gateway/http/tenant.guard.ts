import { createParamDecorator, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { RecgateError } from '#libs/recording-model';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';

interface TenantRequest extends Request {
  tenantId?: string;
}

/** Lets in who has a bearer key and remembers whose it is. */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<TenantRequest>();
    const header = request.headers.authorization;
    if (header === undefined)
      throw new RecgateError('auth.missing', 'Send the API key as "Authorization: Bearer <key>"');
    const key = /^Bearer +(\S+)$/i.exec(header)?.[1];
    const tenantId = key === undefined ? null : this.gateway.apiKeys.tenantOf(key);
    if (tenantId === null) throw new RecgateError('auth.invalid', 'The API key is not known here');
    request.tenantId = tenantId;
    return true;
  }
}

/** The tenant whose key came with the request. */
export const TenantId = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { tenantId } = context.switchToHttp().getRequest<TenantRequest>();
  if (tenantId === undefined)
    throw new RecgateError('auth.missing', 'Send the API key as "Authorization: Bearer <key>"');
  return tenantId;
});
