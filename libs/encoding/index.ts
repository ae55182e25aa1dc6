export * from './format-encoder.js';
export * from './format-table.js';
export * from './following/rendition-follower.js';
export * from './hashing/content-digest.js';
export * from './hashing/crc32c.js';
export * from './inline-encoder.js';
export * from './rendition-file.js';
export * from './threaded/threaded-encoder.js';
