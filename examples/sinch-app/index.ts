export * from './sinch-app.js';
