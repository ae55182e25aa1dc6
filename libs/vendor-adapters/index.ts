import type { VendorAdapter, VendorName } from '#libs/recording-model';
import { aculabAdapter } from './aculab/index.js';
import { flexmlAdapter } from './flexml/index.js';
import { kazooAdapter } from './kazoo/index.js';
import { sinchAdapter } from './sinch/index.js';

/** The registry: every vendor's adapter by its name. */
export const VENDOR_ADAPTERS: Readonly<Record<VendorName, VendorAdapter>> = {
  flexml: flexmlAdapter,
  kazoo: kazooAdapter,
  aculab: aculabAdapter,
  sinch: sinchAdapter,
};

/** What each vendor's door needs of its vendor's folder. */
export * as aculab from './aculab/index.js';
export * as flexml from './flexml/index.js';
export * as kazoo from './kazoo/index.js';
export * as sinch from './sinch/index.js';
