import type { Ledger, RecordingEvent } from '#libs/recording-model';
import { MemoryDeliveryLedger } from './memory-delivery-ledger.js';
import { MemoryDocumentLedger } from './memory-document-ledger.js';
import { MemoryOutbox } from './memory-outbox.js';
import { MemoryRecordingLedger } from './memory-recording-ledger.js';
import { MemoryApplicationLedger, MemoryCallLedger, MemoryLeftoverLedger, MemoryNodeLedger } from './memory-registries.js';

type Watcher = { readonly tenantId: string; readonly listener: (event: RecordingEvent) => void };

/** The ledger of a simulation: the same contract as the Redis one, gone with the process. */
export function createMemoryLedger(): Ledger {
  const watchers = new Set<Watcher>();
  const announce = (tenantId: string, event: RecordingEvent) => {
    for (const watcher of watchers) if (watcher.tenantId === tenantId) watcher.listener(event);
  };
  const outbox = new MemoryOutbox();
  return {
    recordings: new MemoryRecordingLedger(outbox, announce),
    outbox,
    applications: new MemoryApplicationLedger(),
    calls: new MemoryCallLedger(),
    documents: new MemoryDocumentLedger(),
    deliveries: new MemoryDeliveryLedger(),
    leftovers: new MemoryLeftoverLedger(),
    nodes: new MemoryNodeLedger(),
    watch(tenantId, listener) {
      const watcher = { tenantId, listener };
      watchers.add(watcher);
      return Promise.resolve(() => {
        watchers.delete(watcher);
        return Promise.resolve();
      });
    },
    close: () => Promise.resolve(),
  };
}
