import type { RefusalTable } from '../shared/store-error.js';

/** Error codes of the file system; any other means that the disk cannot be reached now. */
export const MEDIA_STORE_REFUSALS: RefusalTable = {
  EACCES: 'destination.denied',
  EPERM: 'destination.denied',
  EROFS: 'destination.denied',
  ENOSPC: 'destination.full',
  EDQUOT: 'destination.full',
  EFBIG: 'destination.full',
  ENOTDIR: 'destination.rejected',
};
