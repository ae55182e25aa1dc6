import { MediaStore, type ObjectStores } from '#libs/storage';
import type { FlowClient, NotificationSender } from '#libs/recording-model';
import { createGuardedStores } from '../../wiring/guarded-stores.js';
import { createOutbound } from '../../wiring/outbound.js';

const TIMEOUT_MS = 15_000;
const LARGEST_ANSWER_BYTES = 1_048_576;

/** What `--deliver` sends with. */
export interface WayOut {
  readonly flow: FlowClient;
  readonly sender: NotificationSender;
  readonly stores: ObjectStores;
  close(): Promise<void>;
}

/**
 * The gateway's own guarded client and stores.
 * @param allowPrivate also http: and loopback and private addresses
 */
export function createWayOut(allowPrivate: boolean, mediaDirectory: string): WayOut {
  const limits = { timeoutMs: TIMEOUT_MS, maxBodyBytes: LARGEST_ANSWER_BYTES };
  const outbound = createOutbound({ allowHttp: allowPrivate, allowPrivateNetworks: allowPrivate, ...limits });
  return {
    flow: outbound.flow,
    sender: outbound.sender,
    stores: createGuardedStores(outbound, new MediaStore({ root: mediaDirectory })),
    close: () => outbound.close(),
  };
}
