import { createParamDecorator, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { RecgateError } from '#libs/recording-model';
import type { aculab } from '#libs/vendor-adapters';
import { AculabAccounts, type AculabAccount } from './aculab-accounts.js';

const SERVICE = 'aculab web service';

/** Says which web service a route is; its caller is authenticated for that one. */
export const ForService = (service: aculab.WebService): MethodDecorator => SetMetadata(SERVICE, service);

interface AccountRequest extends Request {
  aculabAccount?: AculabAccount;
}

/** Lets in who proves to be a user of the web services. */
@Injectable()
export class AculabGuard implements CanActivate {
  constructor(
    private readonly accounts: AculabAccounts,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AccountRequest>();
    const service = this.reflector.get<aculab.WebService>(SERVICE, context.getHandler());
    request.aculabAccount = await this.accounts.authenticate(request.headers.authorization, service);
    return true;
  }
}

/** The account that the guard has found. */
export const Account = createParamDecorator((_data: unknown, context: ExecutionContext): AculabAccount => {
  const { aculabAccount } = context.switchToHttp().getRequest<AccountRequest>();
  if (aculabAccount === undefined) throw new RecgateError('auth.missing', 'The request carries no credentials');
  return aculabAccount;
});
