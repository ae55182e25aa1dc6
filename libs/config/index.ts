export * from './config.dto.js';
export * from './load-config.js';
