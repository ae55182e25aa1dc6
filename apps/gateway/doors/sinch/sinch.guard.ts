import { createParamDecorator, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { RecgateError } from '#libs/recording-model';
import { sinch } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { DoorApplications, type DoorApplication } from '../shared/door-applications.js';
import { bodyText } from '../shared/door-request.js';
import { DOOR_MOUNTS } from '../shared/door.js';

interface SinchRequest extends Request {
  sinchApplication?: DoorApplication;
}

/** Lets in who proves to be an application, by signature or by its secret (contract §4.1). */
@Injectable()
export class SinchGuard implements CanActivate {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly applications: DoorApplications,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SinchRequest>();
    const { method, originalUrl: target, headers } = request;
    const { applicationKey } = sinch.readSinchAuthorization(headers.authorization);
    const candidates = await this.applications.find('sinch', applicationKey.toLowerCase());
    const proved = sinch.findSinchRequester(
      candidates.map(({ view }) => view),
      { method, target, headers, body: bodyText(request) },
      { now: this.gateway.ports.clock.now(), mountPrefix: `/${DOOR_MOUNTS.sinch}`, applicationKey },
    );
    const application = candidates[proved];
    if (application !== undefined) request.sinchApplication = application;
    return application !== undefined;
  }
}

/** The application that the request has proved to be. */
export const SinchApplication = createParamDecorator((_data: unknown, context: ExecutionContext): DoorApplication => {
  const { sinchApplication } = context.switchToHttp().getRequest<SinchRequest>();
  if (sinchApplication === undefined) throw new RecgateError('auth.missing', 'The authorization header is missing');
  return sinchApplication;
});
