import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';

export const FLEXML_DOOR: Door = {
  vendor: 'flexml',
  controllers: [],
  providers: [],
  renderError: (error) => VENDOR_ADAPTERS.flexml.renderError(error),
};
