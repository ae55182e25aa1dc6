import { createHash } from 'node:crypto';

/** Crossbar of the cluster. Moving to Recgate changes this line, `http://<gateway>/kazoo/v2`, and nothing else. */
export const BASE_URL = process.env['KAZOO_URL'] ?? 'https://api.example.com:8443/v2';

export interface CrossbarLogin {
  readonly accountName: string;
  readonly user: string;
  readonly password: string;
}

/** What Crossbar answered. */
export interface CrossbarAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly body: { readonly data: unknown; readonly message?: string; readonly auth_token?: string };
}

/** A little client of Kazoo's REST API, as its documentation teaches it: log in, then ask below the account. */
export class Crossbar {
  private constructor(
    private readonly baseUrl: string,
    readonly accountId: string,
    private readonly token: string,
  ) {}

  /** @throws Error when the account or the password is wrong */
  static async logIn(login: CrossbarLogin, baseUrl = BASE_URL): Promise<Crossbar> {
    const credentials = createHash('md5').update(`${login.user.toLowerCase()}:${login.password}`).digest('hex');
    const data = { credentials, account_name: login.accountName, method: 'md5' };
    const { status, body } = await ask('PUT', `${baseUrl}/user_auth`, { data });
    const accountId = member(body.data, 'account_id');
    if (status !== 201 || body.auth_token === undefined) throw new Error(`user_auth: ${status} ${body.message ?? ''}`);
    return new Crossbar(baseUrl, String(accountId), body.auth_token);
  }

  /** Stores a callflow and answers its id. @throws Error with the failures of the validation */
  async storeCallflow(callflow: object): Promise<string> {
    const { status, body } = await this.ask('PUT', '/callflows', { data: callflow });
    if (status !== 201) throw new Error(`callflows: ${status} ${JSON.stringify(body.data)}`);
    return String(member(body.data, 'id'));
  }

  /** Starts, stops, masks or unmasks the recording of a live call. */
  steer(callId: string, data: object): Promise<CrossbarAnswer> {
    return this.ask('PUT', channel(callId), { action: 'metaflow', data: { module: 'record_call', data } });
  }

  hangUp(callId: string): Promise<CrossbarAnswer> {
    return this.ask('POST', channel(callId), { action: 'hangup', data: {} });
  }

  /** @param path below the account */
  ask(method: string, path: string, body?: object): Promise<CrossbarAnswer> {
    return ask(method, `${this.baseUrl}/accounts/${this.accountId}${path}`, body, this.token);
  }
}

async function ask(method: string, url: string, body?: object, token?: string): Promise<CrossbarAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { 'x-auth-token': token }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as CrossbarAnswer['body'];
  return { status: response.status, location: response.headers.get('location'), body: answer };
}

function channel(callId: string): string {
  return `/channels/${encodeURIComponent(callId)}`;
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
