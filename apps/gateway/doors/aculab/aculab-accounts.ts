import { Inject, Injectable } from '@nestjs/common';
import { RecgateError } from '#libs/recording-model';
import { aculab } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { DoorApplications, sameSecret, type DoorApplication } from '../shared/door-applications.js';

/** Who a web service works for: one user of the cloud, with all applications that share user and access key. */
export interface AculabAccount {
  readonly tenantId: string;
  /** `cloudID/username` as its address. */
  readonly user: string;
  /** Oldest first; of one tenant. For `service_start` the one application of the service. */
  readonly applications: readonly [DoorApplication, ...DoorApplication[]];
  /** What an access token opens; null: the user came with the access key, which opens all. */
  readonly grant: aculab.TokenGrant | null;
}

const FORM = 'rgt';

/** Proves who asks, as the web services do (contract §8, §9), and makes access tokens. */
@Injectable()
export class AculabAccounts {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly applications: DoorApplications,
  ) {}

  /**
   * The account behind an `Authorization` header, for one service.
   * @throws RecgateError `auth.missing`, `auth.invalid`; AculabWebFault `0405`, `HTTP 403`
   */
  async authenticate(header: string | undefined, service: aculab.WebService): Promise<AculabAccount> {
    const credentials = aculab.readCredentials(header);
    if (credentials === null) throw new RecgateError('auth.missing', 'The request carries no credentials');
    if (credentials.kind === 'token') return this.byToken(credentials.token, service);
    const address = aculab.userAddress(credentials.user);
    const setting = service === 'service_start' ? 'servicePassword' : 'accessKey';
    const isRight = ({ view }: DoorApplication): boolean =>
      sameSecret(view.secrets[setting] ?? '', credentials.password);
    return this.matching(address, setting, isRight, null);
  }

  /** A token that opens what the grant says to who bears it; it lapses by itself, or with the access key. */
  issue({ tenantId, user, applications }: AculabAccount, grant: aculab.TokenGrant): string {
    const bag = { grant: JSON.stringify(grant), key: aculab.keyMark(applications[0].view.secrets['accessKey'] ?? '') };
    const sealed = this.gateway.ports.vault.seal(bag, { tenantId, ownerId: tokenOwner(user) });
    return [FORM, base64(tenantId), base64(user), sealed].join('.');
  }

  private async byToken(token: string, service: aculab.WebService): Promise<AculabAccount> {
    const [form, tenant = '', user = '', ...sealed] = token.split('.');
    const bag = form === FORM ? this.open(sealed.join('.'), text(tenant), text(user)) : null;
    if (bag === null) throw new aculab.AculabWebFault('tokenLapsed', 'The access token is not valid');
    const grant = JSON.parse(bag['grant'] ?? '{}') as aculab.TokenGrant;
    aculab.checkGrant(grant, service, this.gateway.ports.clock.now());
    const isRight = ({ record, view }: DoorApplication): boolean =>
      record.tenantId === text(tenant) && aculab.keyMark(view.secrets['accessKey'] ?? '') === bag['key'];
    const account = await this.matching(text(user), 'accessKey', isRight, grant);
    return service === 'service_start' ? withService(account, grant.outboundService) : account;
  }

  private open(sealed: string, tenantId: string, user: string): Readonly<Record<string, string>> | null {
    try {
      return this.gateway.ports.vault.open(sealed, { tenantId, ownerId: tokenOwner(user) });
    } catch {
      return null;
    }
  }

  /** All applications of the name with the secret; when several tenants have it, those of the one that was first. */
  private async matching(
    address: string,
    setting: 'accessKey' | 'servicePassword',
    isRight: (application: DoorApplication) => boolean,
    grant: aculab.TokenGrant | null,
  ): Promise<AculabAccount> {
    const found = await this.applications.find('aculab', address);
    const own = found
      .filter((each) => isRight(each) && addressFor(each, setting) === address)
      .sort((a, b) => (a.record.createdAt < b.record.createdAt ? -1 : 1));
    const [first, ...others] = own;
    if (first === undefined) throw new RecgateError('auth.invalid', 'User or key is wrong');
    const { tenantId } = first.record;
    const applications: AculabAccount['applications'] = [
      first,
      ...others.filter((each) => each.record.tenantId === tenantId),
    ];
    return { tenantId, user: address, applications, grant };
  }
}

/** The name that goes with the secret: a service's password proves nothing about its user. */
function addressFor({ view }: DoorApplication, setting: 'accessKey' | 'servicePassword'): string | undefined {
  if ((view.secrets[setting] ?? '') === '') return undefined;
  const [user, service] = aculab.addressesOf(view);
  return setting === 'accessKey' ? user : service;
}

/** The account with the applications of the outbound service alone, which the token may start. */
function withService(account: AculabAccount, name: string | null): AculabAccount {
  const [first, ...others] = account.applications.filter(
    ({ view }) => aculab.userAddress(aculab.settingOf(view, 'serviceName') ?? '') === name,
  );
  if (first === undefined) throw new aculab.AculabWebFault('notAllowed', 'The access token does not open this service');
  return { ...account, applications: [first, ...others] };
}

function tokenOwner(user: string): string {
  return `aculab access token ${user}`;
}

function base64(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64url');
}

function text(encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString('utf8');
}
