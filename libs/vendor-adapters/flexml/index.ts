export * from './flexml.adapter.js';
export * from './flexml.addresses.js';
export * from './flexml.credentials.js';
export * from './flexml.door-errors.js';
export * from './flexml.catalogue.js';
export { CONTAINER_DEFAULTS, DEFAULT_QUOTA, FILE_DEFAULTS } from './flexml.storage-fields.js';
export * from './flexml.storage-input.js';
export * from './flexml.storage-list.js';
export * from './flexml.storage-objects.js';
