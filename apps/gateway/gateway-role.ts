import { createGatewayContext } from '../wiring/gateway-context.js';
import type { Runtime } from '../wiring/runtime.js';
import { createGatewayApp, listen } from './create-gateway-app.js';

/** The HTTP side of a process. */
export interface GatewayRole {
  /** Where it listens. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts listening; links in answers use `publicUrl` of the configuration, or the listening address. */
export async function startGateway(runtime: Runtime): Promise<GatewayRole> {
  const { http, publicUrl } = runtime.config;
  let listening = '';
  const app = await createGatewayApp(createGatewayContext(runtime, () => (publicUrl ?? listening).replace(/\/+$/, '')));
  const { url } = await listen(app, http.host, http.port);
  listening = url;
  return { url, stop: () => app.close() };
}
