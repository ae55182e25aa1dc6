import type { Door } from '../shared/door.js';
import { KazooAccountController } from './kazoo-account.controller.js';
import { KazooEnvelopes, renderKazooFault } from './kazoo-answer.js';
import { KazooAuthController } from './kazoo-auth.controller.js';
import { KazooCallflowsController } from './kazoo-callflows.controller.js';
import { KazooCallflows } from './kazoo-callflows.js';
import { KazooGuard, KazooLogins } from './kazoo.guard.js';
import { prepareKazoo } from './kazoo-prepare.js';
import { KazooSealedDocuments } from './kazoo-sealed-documents.js';
import { KazooTokens } from './kazoo-tokens.js';

/** Kazoo's Crossbar API below `/kazoo/v2`. */
export const KAZOO_DOOR: Door = {
  vendor: 'kazoo',
  controllers: [KazooAuthController, KazooAccountController, KazooCallflowsController],
  providers: [KazooSealedDocuments, KazooCallflows, KazooLogins, KazooTokens, KazooGuard, KazooEnvelopes],
  prepare: prepareKazoo,
  renderError: renderKazooFault,
};
