import { expect } from '@jest/globals';
import { signSinchRequest, verifySinchRequest } from '../../../libs/vendor-adapters/sinch/index.js';
import { composeWav } from './compose-wav.js';
import { JourneyCall } from './journey-call.js';
import type { LiveGateway } from './live-gateway.js';
import { TELEPHONE_EVENT } from './phone.js';
import { tone, tonesIn } from './sounds.js';
import { until } from './until.js';
import type { Received, Route, VendorApp } from './vendor-app.js';

/** Of every application here. */
export const SECRET = 'BeIukql3pTKJ8RGL5zo0DA==';

/** A callback as it is received. */
export interface Callback {
  readonly event: string;
  readonly type?: string;
  readonly [field: string]: unknown;
}

/** Reads a callback. */
export const readCallback = ({ text }: Received): Callback => JSON.parse(text) as Callback;

/** An application of Sinch Voice and the requests it signs. */
export class SinchApplication {
  private constructor(
    readonly gateway: LiveGateway,
    readonly id: string,
    readonly key: string,
    readonly app: VendorApp,
  ) {}

  /** @param answers SVAML by event, once or one after the other; other events are answered with nothing */
  static async start(
    gateway: LiveGateway,
    key: string,
    answers: Readonly<Record<string, object | readonly object[]>>,
    options: {
      readonly settings?: Readonly<Record<string, string>>;
      readonly routes?: Readonly<Record<string, Route>>;
    } = {},
  ): Promise<SinchApplication> {
    const asked: Record<string, number> = {};
    const app = await gateway.app({
      '/callback': (request) => {
        const { event } = readCallback(request);
        const answer = answers[event];
        const turn = (asked[event] = (asked[event] ?? 0) + 1);
        const svaml: unknown = Array.isArray(answer) ? (answer as readonly object[])[turn - 1] : answer;
        return svaml === undefined ? {} : { body: JSON.stringify(svaml), contentType: 'application/json' };
      },
      ...options.routes,
    });
    const id = await gateway.api.application('sinch', {
      applicationKey: key,
      applicationSecret: SECRET,
      callbackUrl: `${app.url}/callback`,
      apiBaseUrl: `${gateway.url}/sinch`,
      ...options.settings,
    });
    return new SinchApplication(gateway, id, key, app);
  }

  /** A signed request to the gateway. */
  async ask(
    method: string,
    path: string,
    body?: object,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return this.send(method, `${this.gateway.url}/sinch${path}`, body, more);
  }

  async send(
    method: string,
    url: string,
    body?: object,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const timestamp = new Date().toISOString();
    const contentType = 'application/json';
    const credentials = { applicationKey: this.key, applicationSecret: SECRET };
    const signable = { method, path: new URL(url).pathname, contentType, timestamp, body: text };
    const { authorization } = signSinchRequest(signable, credentials);
    const headers = { authorization, 'x-timestamp': timestamp, 'content-type': contentType, ...more };
    return fetch(url, { method, headers, ...(text === '' ? {} : { body: text }) });
  }

  async manage(callId: string, svaml: object, leg = ''): Promise<void> {
    const answer = await this.ask('PATCH', `/calling/v1/calls/id/${callId}${leg}`, svaml);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
  }

  async callOut(
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ callId: string; call: JourneyCall }> {
    const answer = await until('a node takes the call', async () => {
      const tried = await this.ask('POST', '/calling/v1/callouts', body, headers);
      return tried.status !== 503 && tried;
    });
    expect(answer.status).toBe(200);
    const { callId } = (await answer.json()) as { callId: string };
    const { items } = await this.gateway.api.get<{ items: { callRef: string; identity: { callId: string } }[] }>(
      '/v1/calls?limit=100',
    );
    const callRef = items.find(({ identity }) => identity.callId === callId)?.callRef ?? '';
    return { callId, call: await JourneyCall.pickUp(this.gateway, callRef) };
  }

  /** A call that comes in for the application. */
  async arriving(callId: string): Promise<JourneyCall> {
    const leg = { transport: 'rtp', codec: 'PCMU', telephoneEventPayloadType: TELEPHONE_EVENT };
    const { callRef } = await this.gateway.api.createCall({
      applicationId: this.id,
      call: { callId, from: '+12015555555', to: '+12017777777' },
      legs: { caller: leg, callee: leg },
      answered: true,
      fetchDocument: true,
    });
    return JourneyCall.pickUp(this.gateway, callRef);
  }

  callbacks(): Callback[] {
    return this.app.at('/callback').map(readCallback);
  }

  kinds(): string[] {
    return this.callbacks().map(({ type, event }) => type ?? event);
  }

  find(kind: string): Callback | undefined {
    return this.callbacks().find(({ type, event }) => (type ?? event) === kind);
  }

  async hears(kind: string): Promise<Callback> {
    return until(`${kind} arrives at ${this.key}`, () => this.find(kind));
  }

  expectSigned(requests: readonly Received[] = this.app.at('/callback')): void {
    const credentials = { applicationKey: this.key, applicationSecret: SECRET };
    for (const { method, url, headers, body } of requests)
      verifySinchRequest({ method, target: url, headers, body }, credentials, { now: new Date() });
  }
}

/** Audio files of the application, each one tone. */
export const sounds = (...hz: readonly number[]): Record<string, Route> =>
  Object.fromEntries(
    hz.map((each) => [`/${each}.wav`, { body: composeWav([tone(each, 400)], 8000), contentType: 'audio/wav' }]),
  );

/** Which of the tones are in it. */
export const hzIn = (samples: Int16Array, ...hz: readonly number[]) => [
  ...new Set(tonesIn(samples, hz).map((each) => each.hz)),
];
