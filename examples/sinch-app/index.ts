export * from './sinch-api.js';
export * from './sinch-app.js';
