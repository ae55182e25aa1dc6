export * from './sample-record.js';
export * from './redis-server.js';
export * from './document-fields.js';
export * from './parse-document.js';
export * from './sample-recording.js';
export * from './seeded-id-source.js';
export * from './vendor-adapter-contract.js';
