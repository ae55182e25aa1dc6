import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { RecordingEvent } from '#libs/recording-model';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';

type Listener = (event: RecordingEvent) => void;

interface Hub {
  readonly listeners: Set<Listener>;
  /** Resolves once events are heard, to the function that ends the watch. */
  readonly watching: Promise<() => Promise<void>>;
}

/** Hands the events of a tenant to any number of listeners over one watch of the ledger. */
@Injectable()
export class TenantEvents implements OnModuleDestroy {
  private readonly hubs = new Map<string, Hub>();

  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /** Resolves once every later event reaches the listener. The answer stops it; the last one out ends the watch. */
  async listen(tenantId: string, listener: Listener): Promise<() => void> {
    const hub = this.hubs.get(tenantId) ?? this.open(tenantId);
    hub.listeners.add(listener);
    await hub.watching;
    return () => {
      if (hub.listeners.delete(listener) && hub.listeners.size === 0) this.close(tenantId, hub);
    };
  }

  async onModuleDestroy(): Promise<void> {
    const hubs = [...this.hubs.values()];
    this.hubs.clear();
    await Promise.allSettled(hubs.map(async ({ watching }) => (await watching)()));
  }

  private open(tenantId: string): Hub {
    const listeners = new Set<Listener>();
    const watching = this.gateway.ports.ledger.watch(tenantId, (event) => {
      for (const listener of listeners) listener(event);
    });
    const hub = { listeners, watching };
    this.hubs.set(tenantId, hub);
    watching.catch(() => this.hubs.delete(tenantId));
    return hub;
  }

  private close(tenantId: string, hub: Hub): void {
    if (this.hubs.get(tenantId) === hub) this.hubs.delete(tenantId);
    hub.watching.then((stop) => stop()).catch(() => undefined);
  }
}
