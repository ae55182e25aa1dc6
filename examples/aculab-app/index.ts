export { startAculabApp, type AculabApp, type ReceivedRequest } from './aculab-app.js';
export * from './web-services.js';
