/** Where the platform is. To move to a gateway, put its address here, for example `https://recgate.example.net/carrierx`. */
export const BASE_URL = 'https://api.carrierx.com';

/** Access to the platform: the account's token for the Core API, the endpoint's login and password for the FlexML API. */
export interface CarrierxAccess {
  /** Default: `BASE_URL`. */
  readonly baseUrl?: string;
  readonly token: string;
  readonly login: string;
  readonly password: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The platform's REST APIs, as far as this application uses them. */
export class CarrierxApi {
  private readonly baseUrl: string;
  private readonly bearer: string;
  private readonly basic: string;

  constructor({ baseUrl = BASE_URL, token, login, password }: CarrierxAccess) {
    this.baseUrl = baseUrl;
    this.bearer = `Bearer ${token}`;
    this.basic = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
  }

  /** The container of a user; it is made when there is none, and gets more room when it is nearly full. */
  async containerOf(user: string): Promise<string> {
    const found = await this.core('GET', `/storage/containers?filter=${encodeURIComponent(`string_key_1 eq ${user}`)}`);
    const [container] = found['count'] === 0 ? [await this.newContainer(user)] : (found['items'] as Fields[]);
    const { container_sid: sid, quota_files: files, quota_bytes: bytes } = container as Record<string, unknown>;
    const isNearlyFull = ['available_files_percent', 'available_bytes_percent'].some(
      (of) => Number(container?.[of]) < 5,
    );
    if (isNearlyFull) {
      const quota = { quota_files: Number(files) * 2, quota_bytes: Number(bytes) * 2 };
      await this.core('PATCH', `/storage/containers/${String(sid)}`, quota);
    }
    return String(sid);
  }

  /** Keeps a recording for ever. */
  async keep(fileSid: string): Promise<void> {
    await this.core('PATCH', `/storage/files/${fileSid}`, { lifecycle_ttl: -1 });
  }

  file(fileSid: string): Promise<Fields> {
    return this.core('GET', `/storage/files/${fileSid}`);
  }

  /** Makes a call; answers its `call_sid`. */
  async call(fields: Fields): Promise<string> {
    return String((await this.ask('POST', '/flexml/v1/calls', this.basic, fields))['call_sid']);
  }

  async cancel(callSid: string): Promise<void> {
    await this.ask('DELETE', `/flexml/v1/calls/${callSid}`, this.basic);
  }

  private newContainer(user: string): Promise<Fields> {
    const quota = { quota_files: 100, quota_bytes: 100_000_000 };
    return this.core('POST', '/storage/containers', {
      string_key_1: user,
      name: `Audio of ${user}`,
      unique: false,
      ...quota,
    });
  }

  private core(method: string, path: string, body?: Fields): Promise<Fields> {
    // A base URL that ends in a slash is common: the platform takes two slashes for one.
    return this.ask(method, `//core/v2${path}`, this.bearer, body);
  }

  private async ask(method: string, path: string, authorization: string, body?: Fields): Promise<Fields> {
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Fields);
  }
}
