export * from './kazoo-app.js';
export * from './crossbar.js';
