export * from './flexml-app.js';
