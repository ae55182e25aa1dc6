/** One answer of a web service. */
export interface WebAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly bytes: Buffer;
  json(): unknown;
}

/** A client of the web services, as an application has one. */
export class AculabClient {
  private readonly authorization: string;

  constructor(
    private readonly gatewayUrl: string,
    user: string,
    password: string,
    token: string | null = null,
  ) {
    const basic = Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
    this.authorization = token === null ? `Basic ${basic}` : `Bearer ${token}`;
  }

  /** The same with an access token in place of the key. */
  bearing(token: string): AculabClient {
    return new AculabClient(this.gatewayUrl, '', '', token);
  }

  get(service: string, parameters: Readonly<Record<string, string>> = {}): Promise<WebAnswer> {
    return this.send('GET', `${service}?${new URLSearchParams(parameters).toString()}`);
  }

  post(service: string, parameters: Readonly<Record<string, string>> = {}): Promise<WebAnswer> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.send('POST', service, type, new URLSearchParams(parameters).toString());
  }

  /** Null: the form has no file. */
  upload(
    fields: Readonly<Record<string, string>>,
    file: Buffer | null,
    order: 'fields first' | 'file first' = 'fields first',
  ): Promise<WebAnswer> {
    const form = new FormData();
    const add = (): void => {
      if (file !== null) form.append('file', new Blob([new Uint8Array(file)], { type: 'audio/x-wav' }), 'upload.wav');
    };
    if (order === 'file first') add();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    if (order === 'fields first') add();
    return this.send('POST', 'file_write', {}, form);
  }

  async send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body: string | Buffer | FormData | null = null,
  ): Promise<WebAnswer> {
    const response = await fetch(`${this.gatewayUrl}/aculab/${path}`, {
      method,
      headers: { accept: 'application/json', authorization: this.authorization, ...headers },
      ...(body === null ? {} : { body: Buffer.isBuffer(body) ? new Uint8Array(body) : body }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const json = (): unknown => JSON.parse(bytes.toString('utf8'));
    return { status: response.status, contentType: response.headers.get('content-type'), bytes, json };
  }
}
