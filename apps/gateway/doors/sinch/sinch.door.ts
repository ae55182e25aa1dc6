import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';

export const SINCH_DOOR: Door = {
  vendor: 'sinch',
  controllers: [],
  providers: [],
  renderError: (error) => VENDOR_ADAPTERS.sinch.renderError(error),
};
