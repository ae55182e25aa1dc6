import type { VendorAdapter } from '#libs/recording-model';
import { addressesOf } from './aculab.access.js';
import { ACULAB_CAPABILITIES } from './aculab.capabilities.js';
import { renderError } from './aculab.error-form.js';
import { renderEvent } from './aculab.event-renderer.js';
import { renderFlowRequest, servicePage } from './aculab.flow-renderer.js';
import { mintNames, nameObject } from './aculab.names.js';
import { parseDocument } from './aculab.request-mapper.js';
import { ACULAB_SETTINGS } from './aculab.settings.js';

/** Aculab Cloud, REST API version 1 and 2. */
export const aculabAdapter: VendorAdapter = {
  vendor: 'aculab',
  settings: ACULAB_SETTINGS,
  addresses: addressesOf,
  capabilities: ACULAB_CAPABILITIES,
  parse: parseDocument,
  mintNames,
  nameObject,
  render: renderEvent,
  firstRequest: (application) => servicePage(application, 'first'),
  lastRequests: (application) => [servicePage(application, 'final')].filter((page) => page !== null),
  errorRequest: (application) => servicePage(application, 'error'),
  answersCleanUp: true,
  renderFlowRequest,
  renderError,
};
