import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { kazoo } from '#libs/vendor-adapters';
import { DoorApplications, sameSecret, type DoorApplication } from '../shared/door-applications.js';
import { parametersOf } from '../shared/door-request.js';
import { exchangeOf, noteExchange, type KazooExchange } from './kazoo-exchange.js';
import { KazooTokens } from './kazoo-tokens.js';

/** Who logs in, by hash of user and password or by API key. */
@Injectable()
export class KazooLogins {
  constructor(private readonly applications: DoorApplications) {}

  /** @throws CrossbarError 401 */
  async prove(login: kazoo.KazooLogin): Promise<DoorApplication> {
    const candidates = await this.applications.find('kazoo', login.address);
    const found = candidates.filter(({ view }) => {
      const expected = kazoo.expectedSecret(view, login);
      return sameSecret(expected ?? '', login.sent) && expected !== null;
    });
    const [first] = found;
    if (first === undefined) throw kazoo.invalidCredentials();
    return first;
  }
}

/**
 * Lets in who has a token (`X-Auth-Token`, `auth_token` in body or query) or Basic credentials, to their own account
 * (contract §4.1). Any other account is forbidden, whether there is one of that id or not.
 */
@Injectable()
export class KazooGuard implements CanActivate {
  constructor(
    private readonly tokens: KazooTokens,
    private readonly logins: KazooLogins,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const proved = await this.prove(request);
    noteExchange(request, { ...exchangeOf(request), proved });
    const { accountId } = request.params;
    const own = kazoo.kazooSettings(proved.application.view).accountId;
    if (accountId !== undefined && accountId !== own) throw kazoo.forbidden();
    return true;
  }

  private async prove(request: Request): Promise<NonNullable<KazooExchange['proved']>> {
    const authToken = tokenOf(request);
    if (authToken !== null) {
      const application = await this.tokens.check(authToken);
      if (application === null) throw kazoo.invalidCredentials();
      return { application, authToken };
    }
    const login = kazoo.readBasicAuth(request.headers.authorization);
    if (login === null) throw kazoo.invalidCredentials();
    const application = await this.logins.prove(login);
    return { application, authToken: this.tokens.make(application) };
  }
}

function tokenOf(request: Request): string | null {
  const header = request.headers['x-auth-token'];
  if (typeof header === 'string' && header !== '') return header;
  const inBody = kazoo.textMember(exchangeOf(request).envelope, 'auth_token');
  if (inBody !== null) return inBody;
  const inQuery = parametersOf(request).get('auth_token');
  return inQuery === '' ? null : inQuery;
}
