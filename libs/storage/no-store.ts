import {
  RecgateError,
  type ObjectStore,
  type PutRequest,
  type SecretBag,
  type StorageReceipt,
  type UploadLeftover,
} from '#libs/recording-model';

/** Stands for recordings that have nowhere to go: each write fails with the reason the adapter gave. */
export class NoStore implements ObjectStore {
  readonly kind = 'none';

  async put({ target: { destination } }: PutRequest): Promise<StorageReceipt> {
    const reason =
      destination.kind === 'none' ? destination.reason : `a target of kind "${destination.kind}" came to no store`;
    throw new RecgateError('destination.incomplete', `The recording has no destination: ${reason}`);
  }

  /** Nothing can lie here. */
  async remove(): Promise<boolean> {
    return true;
  }

  async abort(_leftover: UploadLeftover, _secrets: SecretBag): Promise<void> {}
}
