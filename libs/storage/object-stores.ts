import type { DestinationKind, ObjectStore } from '#libs/recording-model';
import { AzureBlobStore, type AzureBlobStoreOptions } from './azure-blob/azure-blob.store.js';
import { FtpUploadStore, type FtpUploadStoreOptions } from './ftp-upload/ftp-upload.store.js';
import { GcsStore, type GcsStoreOptions } from './gcs/gcs.store.js';
import { HttpUploadStore, type HttpUploadStoreOptions } from './http-upload/http-upload.store.js';
import type { MediaStore } from './media-store/media-store.js';
import { NoStore } from './no-store.js';
import { S3Store, type S3StoreOptions } from './s3/s3.store.js';

export interface ObjectStoresOptions {
  /** Built by the app, since it also reads from it. */
  readonly mediaStore: MediaStore;
  readonly s3?: S3StoreOptions;
  readonly gcs?: GcsStoreOptions;
  readonly azureBlob?: AzureBlobStoreOptions;
  readonly httpUpload?: HttpUploadStoreOptions;
  readonly ftpUpload?: FtpUploadStoreOptions;
}

/** One driver for each kind of destination. `none` has one too, which refuses every write with the reason. */
export type ObjectStores = Readonly<Record<DestinationKind, ObjectStore>>;

/** Builds the drivers. They hold no connection between writes and need no closing. */
export function createObjectStores(options: ObjectStoresOptions): ObjectStores {
  return {
    s3: new S3Store(options.s3),
    gcs: new GcsStore(options.gcs),
    'azure-blob': new AzureBlobStore(options.azureBlob),
    'http-upload': new HttpUploadStore(options.httpUpload),
    'ftp-upload': new FtpUploadStore(options.ftpUpload),
    'media-store': options.mediaStore,
    none: new NoStore(),
  };
}
