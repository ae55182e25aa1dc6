import type { Door } from '../shared/door.js';
import { KazooAccountController } from './kazoo-account.controller.js';
import { KazooEnvelopes, renderKazooFault } from './kazoo-answer.js';
import { KazooAuthController } from './kazoo-auth.controller.js';
import { KazooCallRecordingController } from './kazoo-call-recording.controller.js';
import { KazooCallflowsController } from './kazoo-callflows.controller.js';
import { KazooCallflows } from './kazoo-callflows.js';
import { KazooChannelsController } from './kazoo-channels.controller.js';
import { KazooMetaflowsController } from './kazoo-metaflows.controller.js';
import { KazooAttHandlersController } from './kazoo-att-handlers.controller.js';
import { KazooGuard, KazooLogins } from './kazoo.guard.js';
import { prepareKazoo } from './kazoo-prepare.js';
import { KazooRecordingsController, KazooUserRecordingsController } from './kazoo-recordings.controller.js';
import { KazooRecordings } from './kazoo-recordings.service.js';
import { KazooSealedDocuments } from './kazoo-sealed-documents.js';
import { KazooStorageController } from './kazoo-storage.controller.js';
import { KazooStorageProbe } from './kazoo-storage.probe.js';
import { KazooTokens } from './kazoo-tokens.js';
import { KazooWebhooksController } from './kazoo-webhooks.controller.js';

/** Kazoo's Crossbar API below `/kazoo/v2`. */
export const KAZOO_DOOR: Door = {
  vendor: 'kazoo',
  controllers: [
    KazooAuthController,
    KazooAccountController,
    KazooCallRecordingController,
    KazooCallflowsController,
    KazooChannelsController,
    KazooMetaflowsController,
    KazooRecordingsController,
    KazooUserRecordingsController,
    KazooWebhooksController,
    KazooStorageController,
    KazooAttHandlersController,
  ],
  providers: [
    KazooRecordings,
    KazooStorageProbe,
    KazooSealedDocuments,
    KazooCallflows,
    KazooLogins,
    KazooTokens,
    KazooGuard,
    KazooEnvelopes,
  ],
  prepare: prepareKazoo,
  renderError: renderKazooFault,
};
