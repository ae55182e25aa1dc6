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
