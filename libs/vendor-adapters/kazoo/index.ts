export { kazooAdapter } from './kazoo.adapter.js';
export {
  credentialPrint,
  expectedSecret,
  loginData,
  readApiAuth,
  readBasicAuth,
  readUserAuth,
  type KazooLogin,
} from './kazoo.auth.js';
export { ownerDocument, ownerSettings, type DocumentOwner } from './kazoo.call-recording-documents.js';
export { CALLFLOW_COLLECTION, callflowOf } from './kazoo.call-starts.js';
export { callflowPage, callflowSummary, completeCallflow, mergeDocument, requireFreeNumbers } from './kazoo.callflows.js';
export { channelDocument, readChannelPost, readChannelPut, type ChannelAction } from './kazoo.channels.js';
export { ACCOUNT_OWNER } from './kazoo.metaflow-keys.js';
export { completeMetaflows, METAFLOW_COLLECTION } from './kazoo.metaflows.js';
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
export {
  attachmentErrorDetail,
  handlerIdOf,
  hasAttachmentError,
  listedAttachmentError,
} from './kazoo.attachment-errors.js';
export {
  compareKeys,
  isWithin,
  pageOf,
  readListQuery,
  type ListKey,
  type ListPage,
  type ListQuery,
} from './kazoo.list-query.js';
export {
  probeFailure,
  probeRequired,
  readStorage,
  requireStorageDocument,
  shownStorage,
  storageConflict,
  storageDocument,
  storageProbes,
  storageSettings,
  type StorageProbe,
} from './kazoo.storage-document.js';
export {
  audioDisposition,
  deletedRecording,
  documentKey,
  hasKazooDocument,
  isRecordingId,
  listedRecording,
  longestRecordingMs,
  ownerOf,
  patchedNotes,
  wantedForm,
} from './kazoo.stored-recording.js';
export { attemptKey, attemptsIn, forgivenFailures, WEBHOOK_ATTEMPTS } from './kazoo.webhook-attempts.js';
export {
  listWebhooks,
  requireReEnable,
  requireWebhook,
  webhookSettings,
  withAllEnabled,
  withChangedWebhook,
  withNewWebhook,
  withoutWebhook,
} from './kazoo.webhook-objects.js';
