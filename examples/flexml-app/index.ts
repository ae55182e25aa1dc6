export * from './flexml-app.js';
export * from './carrierx-api.js';
export * from './greeting-app.js';
