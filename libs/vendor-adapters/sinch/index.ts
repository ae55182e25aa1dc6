export { sinchAdapter } from './sinch.adapter.js';
export { sinchCallbackRequest, type SinchPurpose } from './sinch.callback-request.js';
export { readSinchCallout, type SinchCallout, type SinchCalloutAnswer } from './sinch.callout.js';
export { sinchErrorCode } from './sinch.errors.js';
export { sinchTranscriptName } from './sinch.names.js';
export { sinchSameRecording } from './sinch.same-recording.js';
export {
  readSinchAuthorization,
  signSinchRequest,
  verifySinchRequest,
  type SinchAuthorization,
  type SinchCredentials,
  type SinchIncomingRequest,
  type SinchSignable,
  type SinchSignature,
  type SinchVerifyOptions,
} from './sinch.signature.js';
