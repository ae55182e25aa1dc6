export * from './calls.js';
export * from './phone.js';
export * from './product.js';
export * from './receiver.js';
export * from './redis.js';
export * from './wav.js';
export * from './file-moments.js';
