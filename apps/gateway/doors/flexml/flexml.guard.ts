import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RecgateError } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { DoorApplications, sameSecret, type DoorApplication } from '../shared/door-applications.js';

interface FlexmlRequest extends Request {
  flexmlApplication?: DoorApplication;
}

/**
 * Lets in who proves to be an application: with the account's bearer token or a limited one, or with login and password of
 * the endpoint (contract §1.6, §4).
 */
@Injectable()
export class FlexmlGuard implements CanActivate {
  constructor(private readonly applications: DoorApplications) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FlexmlRequest>();
    if (request.path.startsWith('/carrierx/core/')) allowAnyOrigin(http.getResponse<Response>());
    const application = await this.prove(request);
    if (application === null) throw new RecgateError('auth.invalid', 'Bad credentials');
    request.flexmlApplication = application;
    return true;
  }

  private async prove({ method, path, headers }: Request): Promise<DoorApplication | null> {
    const header = headers.authorization;
    if (header === undefined) throw new RecgateError('auth.missing', 'Unauthorized');
    const credentials = flexml.readFlexmlCredentials(header);
    if (credentials === null) return null;
    if (credentials.kind === 'bearer') {
      const { token } = credentials;
      const address = flexml.tokenAddress(token);
      const account = await this.applications.authenticate('flexml', address, 'accountToken', token);
      return account ?? this.proveScoped(token, method, path);
    }
    const { login, password } = credentials;
    return this.applications.authenticate('flexml', flexml.loginAddress(login), 'password', password);
  }

  private async proveScoped(token: string, method: string, path: string): Promise<DoorApplication | null> {
    for (const application of await this.applications.find('flexml', flexml.tokenAddress(token))) {
      const scoped = flexml.scopedTokensOf(application.view).find((each) => sameSecret(each.token, token));
      if (scoped === undefined) continue;
      flexml.requireScope(scoped, method, path);
      return application;
    }
    return null;
  }
}

/** The application that the request has proved to be. */
export const FlexmlApplication = createParamDecorator((_data: unknown, context: ExecutionContext): DoorApplication => {
  const { flexmlApplication } = context.switchToHttp().getRequest<FlexmlRequest>();
  if (flexmlApplication === undefined) throw new RecgateError('auth.missing', 'Unauthorized');
  return flexmlApplication;
});

/** Browsers may use the Core API from any page: it takes no cookies (contract §4, CORS). */
export function allowAnyOrigin(response: Response): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
}
