export type { AzureBlobStoreOptions } from './azure-blob/azure-blob.store.js';
export type { FtpUploadStoreOptions } from './ftp-upload/ftp-upload.store.js';
export type { GcsStoreOptions } from './gcs/gcs.store.js';
export type { HttpUploadStoreOptions } from './http-upload/http-upload.store.js';
export * from './http-upload/upload-http-client.js';
export {
  mediaLocation,
  mediaNamespace,
  parseMediaLocation,
  type MediaFileAddress,
  type MediaFileInfo,
} from './media-store/media-file.js';
export { MediaStore, type MediaStoreOptions, type OpenMediaFile } from './media-store/media-store.js';
export * from './object-stores.js';
export type { S3StoreOptions } from './s3/s3.store.js';
export { safeObjectKey } from './shared/object-key.js';
export type { S3Tuning } from './shared/s3-connection.js';
