export * from './accounting-collector.js';
export * from './json-document.js';
export * from './json-pointer.js';
export * from './object-name.js';
export * from './parse-log.js';
export * from './setting-rules.js';
export * from './url-resolution.js';
export * from './xml-document.js';
