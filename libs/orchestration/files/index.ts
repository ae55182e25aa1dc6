export * from './catalogue-documents.js';
export * from './replaced-file.js';
export * from './catalogue-sweep.js';
export * from './containers.js';
export * from './delete-file.js';
export * from './file-catalogue.js';
export * from './file-expiry.js';
export { catalogueOf, releaseRoom, reserveRoom } from './recorded-files.js';
export * from './store-name.js';
