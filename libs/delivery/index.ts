export { createAddressGuard, type AddressGuard } from './address-guard.js';
export * from './attempt-outcome.js';
export * from './endpoint-check.js';
export * from './guarded-http-client.js';
export {
  OutboundFailureError,
  outboundError,
  type OutboundFailure,
  type OutboundFailureKind,
} from './outbound-failure.js';
export * from './outbound-request.js';
export * from './outbound-rules.js';
export { basicAuthorization } from './outbound-url.js';
export * from './retry-schedule.js';
export * from './send-wire-request.js';
export * from './standard-webhooks.js';
export * from './upload-client.js';
