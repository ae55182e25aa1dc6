import type { FlowRequest, RecgateError, VendorAdapter } from '#libs/recording-model';
import { sinchCallbackRequest } from './sinch.callback-request.js';
import { SINCH_CAPABILITIES } from './sinch.capabilities.js';
import { renderSinchError } from './sinch.errors.js';
import { renderSinchEvent } from './sinch.event-renderer.js';
import { renderSinchFlowRequest } from './sinch.flow-renderer.js';
import { nextMenu } from './sinch.menu-result.js';
import { mintSinchNames, nameSinchObject } from './sinch.names.js';
import { parseSinchDocument } from './sinch.request-mapper.js';
import { sinchTranscriptObject } from './sinch.transcript.js';
import { sinchSecondStart } from './sinch.same-recording.js';
import { applicationKeyOf, SINCH_SETTINGS, sendsCallingError } from './sinch.settings.js';

/** Sinch Voice v1: SVAML in; ICE, ACE, PIE, DiCE and notify callbacks out. */
export const sinchAdapter: VendorAdapter = {
  vendor: 'sinch',
  settings: SINCH_SETTINGS,
  // Keys are compared as GUIDs, so letter case does not matter (contract §4.1).
  addresses: (application) => [applicationKeyOf(application).toLowerCase()],
  capabilities: SINCH_CAPABILITIES,
  parse: parseSinchDocument,
  mintNames: mintSinchNames,
  nameObject: nameSinchObject,
  render: renderSinchEvent,
  transcriptObject: sinchTranscriptObject,
  firstRequest: (application, call) => sinchCallbackRequest('ice', application, call),
  lastRequests: (application, call, flowState) => listOf(sinchCallbackRequest('dice', application, call, flowState)),
  // `callingerror` is a notification: its answer holds no document.
  errorRequest: (application, call, error) =>
    isIllegalSvaml(error) || sendsCallingError(application) ? sinchCallbackRequest('notify', application, call) : null,
  onSecondStart: sinchSecondStart,
  answerItself: nextMenu,
  renderFlowRequest: renderSinchFlowRequest,
  renderError: renderSinchError,
};

/** SVAML that cannot be carried out is told of in any case (contract §2.5 row 4, §5). */
function isIllegalSvaml(error: RecgateError | undefined): boolean {
  return error !== undefined && /^(document|field)\./.test(error.code);
}

function listOf(request: FlowRequest | null): readonly FlowRequest[] {
  return request === null ? [] : [request];
}
