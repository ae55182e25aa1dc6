export * from './kazoo-app.js';
