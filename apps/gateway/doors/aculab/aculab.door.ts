import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';

export const ACULAB_DOOR: Door = {
  vendor: 'aculab',
  controllers: [],
  providers: [],
  renderError: (error) => VENDOR_ADAPTERS.aculab.renderError(error),
};
