import { createHash } from 'node:crypto';
import type { Answer, GatewayUnderTest } from '../../../testing/gateway-under-test.js';

export const ACCOUNT = '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5';
export const API_KEY = 'f0'.repeat(32);
export const USER = 'Jane';
export const PASSWORD = 'correct horse';

/** Settings of an account that can log in in every way there is. */
export const KAZOO_ACCOUNT_SETTINGS = {
  accountId: ACCOUNT,
  accountName: 'Acme, Inc.',
  accountRealm: 'acme.sip.example.com',
  phoneNumbers: '+14155550100, +14155550101',
  userName: USER,
  userPassword: PASSWORD,
  apiKey: API_KEY,
  urlBlacklist: '',
} as const;

/** The hash that an application of the vendor sends for user and password. */
export function credentials(user = USER, password = PASSWORD, method: 'md5' | 'sha1' = 'md5'): string {
  return createHash(method).update(`${user.toLowerCase()}:${password}`).digest('hex');
}

/** Talks to the door as an application of the vendor does: log in once, then ask below the account. */
export class KazooClient {
  private constructor(
    private readonly gateway: GatewayUnderTest,
    readonly accountId: string,
    readonly token: string,
  ) {}

  static async logIn(gateway: GatewayUnderTest, accountId: string = ACCOUNT, apiKey = API_KEY): Promise<KazooClient> {
    const answer = await gateway.ask('PUT', '/kazoo/v2/api_auth', { key: null, body: { data: { api_key: apiKey } } });
    if (answer.status !== 201) throw new Error(answer.text);
    return new KazooClient(gateway, accountId, String(answer.json()['auth_token']));
  }

  /** @param path below the account */
  ask(method: string, path: string, body?: object | string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.gateway.ask(method, `/kazoo/v2/accounts/${this.accountId}${path}`, {
      key: null,
      headers: { 'x-auth-token': this.token, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }
}
