export * from './azurite.js';
export * from './ftp-server.js';
export * from './ftps-fake.js';
export * from './google-fake.js';
export * from './http-server.js';
export * from './strict-s3.js';
export * from './tampering-proxy.js';
export * from './upload-server.js';
