import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type RecgateConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { startAllRoles, type AllRoles } from '../../../apps/wiring/all-roles.js';
import { GatewayApi } from './gateway-api.js';
import { JourneyCall, type CallPlan } from './journey-call.js';
import { PhoneClock } from './phone.js';
import { startVendorApp, type Route, type VendorApp } from './vendor-app.js';

const API_KEY = 'journey-key-0123456789';
/** Ports a test process takes its RTP sockets from; processes that meet in a range share it without harm. */
const RTP_PORTS = 400;

/** A whole gateway in this process, on a private Redis, in a directory of its own. */
export class LiveGateway {
  readonly phones = new PhoneClock();
  private readonly servers: { close(): Promise<void> }[] = [];

  private constructor(
    readonly roles: AllRoles,
    readonly api: GatewayApi,
    readonly dataDirectory: string,
    /** Log lines so far, of all levels. */
    readonly log: readonly string[],
  ) {}

  static async start(adjust: (config: RecgateConfig) => void = () => undefined): Promise<LiveGateway> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'recgate-journey-'));
    const log: string[] = [];
    const config = configFor(dataDirectory);
    adjust(config);
    const roles = await startAllRoles(config, createLogger('trace', { write: (line) => log.push(line) }));
    return new LiveGateway(roles, new GatewayApi(roles.gateway.url, API_KEY), dataDirectory, log);
  }

  get url(): string {
    return this.roles.gateway.url;
  }

  /** A server at the other side (an application, a store); it ends with the gateway, whatever becomes of the journey. */
  async with<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const server = await starting;
    this.servers.push(server);
    return server;
  }

  /** An application of the customer. */
  app(routes: Readonly<Record<string, Route>>): Promise<VendorApp> {
    return this.with(startVendorApp(routes));
  }

  /** Places a call; its phones send from now on. */
  place(plan: CallPlan): Promise<JourneyCall> {
    return JourneyCall.place(this, plan);
  }

  async stop(): Promise<void> {
    this.phones.stop();
    await this.roles.stop();
    for (const server of this.servers) await server.close();
    await rm(this.dataDirectory, { recursive: true, force: true });
  }
}

function configFor(dataDirectory: string): RecgateConfig {
  const config = loadConfig({ environment: { RECGATE_DATA: dataDirectory } });
  config.tenants = [{ id: 'journeys', apiKeys: [API_KEY] }];
  config.http.port = 0;
  config.media.websocketPort = 0;
  config.media.rtpPortFrom = randomInt(10_000, 32_000);
  config.media.rtpPortTo = config.media.rtpPortFrom + RTP_PORTS;
  config.outbound.allowHttp = true;
  config.outbound.allowPrivateNetworks = true;
  return config;
}
