export { kazooAdapter } from './kazoo.adapter.js';
export {
  accountDocument,
  credentialPrint,
  expectedSecret,
  loginData,
  readApiAuth,
  readBasicAuth,
  readUserAuth,
  type KazooLogin,
} from './kazoo.auth.js';
export {
  badIdentifier,
  CrossbarError,
  forbidden,
  invalidCredentials,
  invalidData,
  listTooLarge,
  malformedIdentifier,
  methodNotAllowed,
  noAttachment,
  notAcceptable,
  requiredField,
  validationError,
} from './kazoo.crossbar-error.js';
export {
  envelopeData,
  errorEnvelope,
  readEnvelope,
  successEnvelope,
  textMember,
  type CrossbarResult,
  type EnvelopeFacts,
} from './kazoo.envelope.js';
export { KazooValidationError, type KazooFailure } from './kazoo.errors.js';
export { kazooRecordingDocument } from './kazoo.recording-document.js';
export { withSchemaDefaults } from './kazoo.schema-defaults.js';
export { kazooSettings, type KazooSettings, type KazooVersion } from './kazoo.settings.js';
export { gregorianSeconds, GREGORIAN_OFFSET } from './kazoo.time.js';
