export { sinchAdapter } from './sinch.adapter.js';
export {
  readSinchCallbackUrls,
  readSinchParticipantCommand,
  renderSinchCallbackUrls,
  type SinchParticipantCommand,
} from './sinch.callback-urls.js';
export { inOrderOfJoining, renderSinchCallInfo, renderSinchConference } from './sinch.call-info.js';
export { readSinchCallout, type SinchCallout } from './sinch.callout.js';
export { sinchErrorCode } from './sinch.errors.js';
export { sinchTranscriptName } from './sinch.names.js';
export {
  isSinchDriveRecording,
  readSinchRecordingQuery,
  renderSinchRecording,
  type SinchRecordingQuery,
} from './sinch.recording-list.js';
export { findSinchRequester } from './sinch.request-proof.js';
export { sinchSameRecording } from './sinch.same-recording.js';
export { applicationKeyOf as sinchApplicationKey } from './sinch.settings.js';
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
export { sinchTranscriptObject } from './sinch.transcript.js';
export { readSinchCallbackHeaders } from './sinch.wire-request.js';
