import { expect } from '@jest/globals';
import { request } from 'node:http';
import { sinch } from '#libs/vendor-adapters';
import { CommandServer } from '../../../testing/command-server.js';
import { GatewayUnderTest } from '../../../testing/gateway-under-test.js';

/** The published example of the vendor (contract §4.4). */
export const KEY = '669E367E-6BBA-48AB-AF15-266871C28135';
export const SECRET = 'BeIukql3pTKJ8RGL5zo0DA==';
export const CREDENTIALS = { applicationKey: KEY, applicationSecret: SECRET };
export const HOST = 'calling.sinch.example';
export const CALLBACK = 'https://app.example.com/sinch';
export const SVAML = JSON.stringify({ instructions: [{ name: 'stopRecording' }], action: { name: 'continue' } });

export interface Sent {
  readonly body?: string;
  /** What is signed in place of the path. */
  readonly signed?: string;
  readonly host?: string;
  readonly at?: Date;
  readonly as?: typeof CREDENTIALS;
  /** Replace those that are made. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly body: unknown;
}

export const refusal = (errorCode: number) => ({
  errorCode,
  message: expect.any(String),
  reference: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
});

/** A gateway with a node that answers commands, and an application of the vendor's that asks it. */
export class SinchDoorUnderTest {
  private constructor(
    readonly gateway: GatewayUnderTest,
    readonly node: Awaited<ReturnType<typeof CommandServer.start>>,
    readonly application: string,
  ) {}

  static async start(): Promise<SinchDoorUnderTest> {
    const gateway = await GatewayUnderTest.start({
      configure: ({ http }) => Object.assign(http.doorHosts, { sinch: [HOST] }),
    });
    const node = await CommandServer.start(gateway.runtime);
    const settings = { applicationKey: KEY, applicationSecret: SECRET, callbackUrl: CALLBACK };
    return new SinchDoorUnderTest(gateway, node, await gateway.application('sinch', settings));
  }

  async stop(): Promise<void> {
    await this.node.close();
    await this.gateway.stop();
  }

  /** Sends a signed request as it is written, without any tidying of its path. */
  ask(method: string, path: string, sent: Sent = {}): Promise<Answered> {
    const { body = '', signed = path, at = new Date(), as = CREDENTIALS } = sent;
    const timestamp = at.toISOString();
    const contentType = 'application/json';
    const { authorization } = sinch.signSinchRequest({ method, path: signed, contentType, timestamp, body }, as);
    const headers = {
      'content-type': contentType,
      'x-timestamp': timestamp,
      authorization,
      ...(sent.host === undefined ? {} : { host: sent.host }),
      ...sent.headers,
    };
    const { hostname, port } = new URL(this.gateway.url);
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const parsed: unknown = text === '' ? null : JSON.parse(text);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed });
        });
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  /** Begins a call at the node under test and answers its id in the vendor's form. */
  async placeCall(callId: string, call: object = {}, key?: string, applicationId = this.application): Promise<string> {
    const body = {
      applicationId,
      call: { callId, from: '+12015555555', to: '+12017777777', ...call },
      legs: { caller: { transport: 'rtp', codec: 'PCMU' } },
    };
    const made = await this.gateway.ask('POST', '/v1/calls', { body, ...(key === undefined ? {} : { key }) });
    expect(made.status).toBe(201);
    return String(made.json()['callRef']);
  }
}
