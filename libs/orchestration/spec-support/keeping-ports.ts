import { join } from 'node:path';
import { createInlineEncoder } from '#libs/encoding';
import { createMemoryLedger } from '#libs/ledger';
import { createDocumentSigner, createSecretVault, newMasterKey } from '#libs/secrets';
import { createObjectStores, mediaNamespace, type MediaStore } from '#libs/storage';
import { createMetrics } from '#libs/telemetry';
import { seededIdSource } from '#libs/testing';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { OrchestrationPorts } from '../ports.js';

export interface KeepingPortsOptions {
  readonly directory: string;
  readonly store: MediaStore;
  readonly now: () => number;
  /** Told of every warning and error. */
  readonly warn: (message: string) => void;
}

/** What keeping and deleting needs, on a memory ledger, a virtual clock and real stores; all files are tenant `tenant`'s, application `app`'s. */
export function keepingPorts({ directory, store, now, warn }: KeepingPortsOptions): OrchestrationPorts {
  const unused = () => Promise.reject(new Error('not part of this test'));
  const address = (name: string) => ({ namespace: mediaNamespace('tenant', 'app'), name });
  return {
    ledger: createMemoryLedger(),
    work: { enqueueStage: unused, enqueueDelivery: unused },
    vault: createSecretVault({ ...newMasterKey(), previousKeys: [] }),
    clock: { now: () => new Date(now()) },
    ids: seededIdSource(1),
    adapters: VENDOR_ADAPTERS,
    spools: { open: unused, delete: () => Promise.resolve(), list: unused, recover: unused },
    encoder: createInlineEncoder(),
    stores: createObjectStores({ mediaStore: store }),
    sender: { send: unused, next: () => ({ kind: 'exhausted' }) },
    files: {
      addressOf: (location) => (location.startsWith('media://') ? { tenantId: 'tenant', applicationId: 'app', name: location.slice(8) } : null),
      stat: ({ name }) => store.stat(address(name)),
      list: unused,
      open: () => {
        throw new Error('not part of this test');
      },
      write: unused,
      delete: ({ name }) => store.delete(address(name)),
    },
    signer: createDocumentSigner(newMasterKey()),
    contentOf: () => {
      throw new Error('not part of this test');
    },
    settings: {
      storeManifests: false,
      renditionDirectory: directory,
      peaksDirectory: join(directory, 'peaks'),
      keepRenditions: false,
      stuckAfterMs: 1000,
      retentionSeconds: null,
      transcriptionTimeoutMs: 60_000,
      attemptTimeoutMs: 1000,
    },
    log: { info: () => undefined, warn, error: warn },
    metrics: createMetrics(),
  };
}
