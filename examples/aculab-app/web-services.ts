/** Where the web services are. To move to a gateway, put its address here, for example `https://recgate.example.net/aculab`. */
export const BASE_URL = 'https://ws.aculabcloud.net';

/** Access to the web services of one cloud user. */
export interface WebServiceAccess {
  /** Default: `BASE_URL`. */
  readonly baseUrl?: string;
  /** `cloudID/username`. */
  readonly user: string;
  readonly accessKey: string;
}

/** The web services, as far as this application uses them. */
export class WebServices {
  private readonly baseUrl: string;
  private readonly authorization: string;

  constructor({ baseUrl = BASE_URL, user, accessKey }: WebServiceAccess) {
    this.baseUrl = baseUrl;
    this.authorization = `Basic ${Buffer.from(`${user}:${accessKey}`).toString('base64')}`;
  }

  /** Null while the file is not generally available. */
  async fileGet(filename: string): Promise<Buffer | null> {
    const response = await this.ask('file_get', { filetype: 'media', filename });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`file_get: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Cuts the running action of an application off; the page goes on with it. */
  async interrupt(applicationInstanceId: string, redirectPage?: string): Promise<unknown> {
    const page = redirectPage === undefined ? {} : { redirect_page: redirectPage, redirect_method: 'POST' };
    const response = await this.ask('rest_interrupt', { application_instance_ids: applicationInstanceId, ...page });
    return response.json();
  }

  private ask(service: string, parameters: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${this.baseUrl}/${service}`, {
      method: 'POST',
      headers: { authorization: this.authorization, accept: 'application/json' },
      body: new URLSearchParams(parameters),
    });
  }
}
