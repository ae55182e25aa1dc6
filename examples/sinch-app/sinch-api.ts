import { createHash, createHmac } from 'node:crypto';

/** Key and secret of the application, as the dashboard shows them; the secret is base64. */
export interface SinchKey {
  readonly applicationKey: string;
  readonly applicationSecret: string;
}

interface Signed {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly contentType: string;
  readonly timestamp: string;
}

/** Signs verb, body, content type, time stamp and path with the application's secret, as the documentation says. */
export function signature({ method, path, body, contentType, timestamp }: Signed, applicationSecret: string): string {
  const contentMd5 = body === '' ? '' : createHash('md5').update(body).digest('base64');
  const stringToSign = [method, contentMd5, contentType, `x-timestamp:${timestamp}`, path].join('\n');
  return createHmac('sha256', Buffer.from(applicationSecret, 'base64')).update(stringToSign).digest('base64');
}

/** Requests of the Voice API, signed by the application. */
export class SinchApi {
  constructor(
    private readonly baseUrl: string,
    private readonly key: SinchKey,
  ) {}

  /** Calls a number; what becomes of the call the callbacks decide. Answers its id. */
  async callOut(number: string, svaml?: object): Promise<string> {
    const ice = svaml ?? { action: { name: 'connectPstn', number } };
    const body = { method: 'customCallout', customCallout: { ice: JSON.stringify(ice) } };
    const { callId } = JSON.parse(await this.send('POST', '/calling/v1/callouts', body)) as { callId: string };
    return callId;
  }

  /** Starts a recording of a call in progress. */
  async startRecording(callId: string, options: object): Promise<void> {
    await this.manage(callId, { name: 'startRecording', options });
  }

  async stopRecording(callId: string): Promise<void> {
    await this.manage(callId, { name: 'stopRecording' });
  }

  private async manage(callId: string, instruction: object): Promise<void> {
    const svaml = { instructions: [instruction], action: { name: 'continue' } };
    await this.send('PATCH', `/calling/v1/calls/id/${callId}`, svaml);
  }

  private async send(method: string, path: string, content: object): Promise<string> {
    const url = new URL(this.baseUrl + path);
    const body = JSON.stringify(content);
    const contentType = 'application/json';
    const timestamp = new Date().toISOString();
    const proof = signature({ method, path: url.pathname, body, contentType, timestamp }, this.key.applicationSecret);
    const headers = {
      'content-type': contentType,
      'x-timestamp': timestamp,
      authorization: `application ${this.key.applicationKey}:${proof}`,
    };
    const response = await fetch(url, { method, headers, body });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return answer;
  }
}
