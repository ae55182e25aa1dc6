export * from './flexml.adapter.js';
export * from './flexml.addresses.js';
export * from './flexml.credentials.js';
export * from './flexml.door-errors.js';
