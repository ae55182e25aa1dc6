import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';

export const KAZOO_DOOR: Door = {
  vendor: 'kazoo',
  controllers: [],
  providers: [],
  renderError: (error) => VENDOR_ADAPTERS.kazoo.renderError(error),
};
