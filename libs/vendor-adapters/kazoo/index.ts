export { kazooAdapter } from './kazoo.adapter.js';
export { KazooValidationError, type KazooFailure } from './kazoo.errors.js';
export { kazooRecordingDocument } from './kazoo.recording-document.js';
export { withSchemaDefaults } from './kazoo.schema-defaults.js';
export { kazooSettings, type KazooSettings, type KazooVersion } from './kazoo.settings.js';
export { gregorianSeconds, GREGORIAN_OFFSET } from './kazoo.time.js';
