import type { VendorAdapter } from '#libs/recording-model';
import { flexmlAddresses } from './flexml.addresses.js';
import { flexmlErrorSteps } from './flexml.application-errors.js';
import { firstFlexmlRequest, flexmlCallStarts, lastFlexmlRequests } from './flexml.call-starts.js';
import { flexmlCapabilities } from './flexml.capabilities.js';
import { flexmlCatalogue } from './flexml.catalogue.js';
import { renderFlexmlError } from './flexml.error-renderer.js';
import { renderFlexmlEvent } from './flexml.event-renderer.js';
import { renderFlexmlFlowRequest } from './flexml.flow-renderer.js';
import { mintFlexmlNames, nameFlexmlObject } from './flexml.names.js';
import { parseFlexml } from './flexml.request-mapper.js';
import { flexmlSettings } from './flexml.settings.js';

/** CarrierX FlexML: XML documents in, JSON requests out. An application's broken flow plays an error, it asks no page. */
export const flexmlAdapter: VendorAdapter = {
  vendor: 'flexml',
  settings: flexmlSettings,
  addresses: flexmlAddresses,
  capabilities: flexmlCapabilities,
  parse: parseFlexml,
  mintNames: mintFlexmlNames,
  nameObject: nameFlexmlObject,
  render: renderFlexmlEvent,
  catalogue: flexmlCatalogue,
  firstRequest: firstFlexmlRequest,
  callStarts: flexmlCallStarts,
  lastRequests: lastFlexmlRequests,
  errorRequest: () => null,
  errorSteps: flexmlErrorSteps,
  renderFlowRequest: renderFlexmlFlowRequest,
  renderError: renderFlexmlError,
};
