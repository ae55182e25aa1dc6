import { request } from 'node:http';
import { VENDOR_NAMES, type VendorName } from '#libs/recording-model';
import { sinch } from '#libs/vendor-adapters';
import type { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { DOOR_MOUNTS } from '../shared/door.js';

/** What a door answered, as it came. */
export interface DoorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface DoorRequest {
  readonly method: string;
  /** As it is written in the request line. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Settings of an application of each vendor whose credentials follow from a name. */
export function doorSettings(name: string): Readonly<Record<VendorName, Readonly<Record<string, string>>>> {
  const hex = Buffer.from(name.padEnd(16, '-')).toString('hex').slice(0, 32);
  return {
    flexml: { accountToken: `token-${name}`, login: `login-${name}`, password: `password-${name}` },
    kazoo: { accountId: hex, apiKey: `${hex}${hex}`, urlBlacklist: '' },
    aculab: {
      cloudUser: `1-2-0/${name}@example.com`,
      accessKey: `key-${name}`,
      serviceName: 'out',
      servicePassword: `service-${name}`,
    },
    sinch: {
      applicationKey: `00000000-0000-4000-8000-${hex.slice(0, 12)}`,
      applicationSecret: Buffer.from(`secret-${name}`).toString('base64'),
    },
  };
}

/** Sends requests to all doors with the credentials of one tenant, of nobody, or wrong ones. */
export class DoorAsker {
  /** @param kazooToken of the login; null: none is sent */
  private constructor(
    private readonly gatewayUrl: string,
    readonly settings: ReturnType<typeof doorSettings> | null,
    private readonly kazooToken: string | null,
  ) {}

  /** Makes an application of each vendor and logs in. */
  static async of(gateway: GatewayUnderTest, name: string, key: string): Promise<DoorAsker> {
    const settings = doorSettings(name);
    for (const vendor of VENDOR_NAMES) await gateway.application(vendor, settings[vendor], key);
    const body = { data: { api_key: settings.kazoo['apiKey'] } };
    const answer = await gateway.ask('PUT', '/kazoo/v2/api_auth', { key: null, body });
    return new DoorAsker(gateway.url, settings, String(answer.json()['auth_token']));
  }

  static nobody(gateway: GatewayUnderTest): DoorAsker {
    return new DoorAsker(gateway.url, null, null);
  }

  /** Names that exist, with secrets that are not theirs. */
  static wrong(gateway: GatewayUnderTest, name: string): DoorAsker {
    const right = doorSettings(name);
    const other = doorSettings('other');
    const settings = {
      flexml: { ...right.flexml, accountToken: 'token-wrong', password: 'wrong' },
      kazoo: right.kazoo,
      aculab: { ...right.aculab, accessKey: 'wrong', servicePassword: 'wrong' },
      sinch: { ...right.sinch, applicationSecret: other.sinch['applicationSecret'] ?? '' },
    };
    return new DoorAsker(gateway.url, settings, 'eyJhbGciOiJub25lIn0.e30.');
  }

  send(vendor: VendorName, sent: DoorRequest): Promise<DoorAnswer> {
    const { method, path, body = '' } = sent;
    const contentType = sent.contentType ?? 'application/json';
    const { hostname, port } = new URL(this.gatewayUrl);
    const own = this.settings === null ? {} : this.credentials(vendor, this.settings, { ...sent, body, contentType });
    const headers = {
      accept: 'application/json',
      ...(body.length === 0 && method !== 'POST' ? {} : { 'content-type': contentType }),
      'content-length': String(Buffer.byteLength(body)),
      ...own,
      ...sent.headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, method, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  private credentials(
    vendor: VendorName,
    settings: ReturnType<typeof doorSettings>,
    { method, path, body, contentType }: Required<Omit<DoorRequest, 'headers'>>,
  ): Record<string, string> {
    const of = (key: string): string => settings[vendor][key] ?? '';
    switch (vendor) {
      case 'flexml':
        return { authorization: `Bearer ${of('accountToken')}` };
      case 'kazoo':
        return this.kazooToken === null ? {} : { 'x-auth-token': this.kazooToken };
      case 'aculab': {
        const isStart = path.includes('service_start');
        const user = isStart ? `${of('cloudUser')}/${of('serviceName')}` : of('cloudUser');
        const password = of(isStart ? 'servicePassword' : 'accessKey');
        return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
      }
      case 'sinch': {
        const timestamp = new Date().toISOString();
        const [signed = path] = path.slice(`/${DOOR_MOUNTS.sinch}`.length).split('?');
        const { authorization } = sinch.signSinchRequest(
          {
            method,
            path: signed,
            contentType: body.length === 0 && method !== 'POST' ? '' : contentType,
            timestamp,
            body: body.toString(),
          },
          { applicationKey: of('applicationKey'), applicationSecret: of('applicationSecret') },
        );
        return { authorization, 'x-timestamp': timestamp };
      }
    }
  }
}

/** A route of a door as the OpenAPI document tells it. */
export interface DoorRoute {
  readonly vendor: VendorName;
  /** In capitals. */
  readonly method: string;
  /** With `{name}` where something varies. */
  readonly path: string;
}

export async function doorRoutes(gateway: GatewayUnderTest): Promise<readonly DoorRoute[]> {
  const { paths } = (await gateway.ask('GET', '/docs-json', { key: null })).json();
  return Object.entries(paths ?? {}).flatMap(([path, operations]) => {
    const vendor = VENDOR_NAMES.find((each) => path.startsWith(`/${DOOR_MOUNTS[each]}/`));
    if (vendor === undefined) return [];
    return Object.keys(operations).map((method) => ({ vendor, method: method.toUpperCase(), path }));
  });
}
