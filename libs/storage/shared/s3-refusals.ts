import { S3ServiceException } from '@aws-sdk/client-s3';
import { messageOf, networkCodeOf, type RefusalTable, type StoreRefusal } from './store-error.js';

/** Error codes of S3, of the common S3-compatible servers and of Google's XML interface. */
export const S3_REFUSALS: RefusalTable = {
  AccessDenied: 'destination.denied',
  AccountProblem: 'destination.denied',
  AllAccessDisabled: 'destination.denied',
  AuthorizationHeaderMalformed: 'destination.denied',
  ExpiredToken: 'destination.denied',
  Forbidden: 'destination.denied',
  InvalidAccessKeyId: 'destination.denied',
  InvalidSecurity: 'destination.denied',
  InvalidToken: 'destination.denied',
  NotSignedUp: 'destination.denied',
  RequestTimeTooSkewed: 'destination.denied',
  SignatureDoesNotMatch: 'destination.denied',
  UserProjectAccountProblem: 'destination.denied',

  NoSuchBucket: 'destination.missing',
  NotFound: 'destination.missing',
  PermanentRedirect: 'destination.missing',

  InsufficientStorage: 'destination.full',
  QuotaExceeded: 'destination.full',
  ServiceQuotaExceeded: 'destination.full',
  XMinioAdminBucketQuotaExceeded: 'destination.full',
  XMinioStorageFull: 'destination.full',

  EntityTooLarge: 'destination.rejected',
  EntityTooSmall: 'destination.rejected',
  InvalidArgument: 'destination.rejected',
  InvalidBucketName: 'destination.rejected',
  InvalidRequest: 'destination.rejected',
  KeyTooLongError: 'destination.rejected',
  MethodNotAllowed: 'destination.rejected',
  NotImplemented: 'destination.rejected',
  PreconditionFailed: 'destination.rejected',

  InternalError: 'destination.unreachable',
  NoSuchUpload: 'destination.unreachable',
  OperationAborted: 'destination.unreachable',
  RequestTimeout: 'destination.unreachable',
  ServiceUnavailable: 'destination.unreachable',
  SlowDown: 'destination.unreachable',

  BadDigest: 'destination.checksum',
  IncompleteBody: 'destination.checksum',
  InvalidDigest: 'destination.checksum',
  InvalidPart: 'destination.checksum',
  XAmzContentChecksumMismatch: 'destination.checksum',
  XAmzContentSHA256Mismatch: 'destination.checksum',
};

/** Reads code, status and words of whatever the S3 client threw. */
export function s3RefusalOf(thrown: unknown): StoreRefusal {
  const message = messageOf(thrown);
  const network = networkCodeOf(thrown);
  if (network !== null) return { code: network, status: null, message };
  if (thrown instanceof S3ServiceException) {
    return { code: thrown.name, status: thrown.$metadata.httpStatusCode ?? null, message };
  }
  return { code: null, status: statusOf(thrown), message };
}

/** An answer that was not XML: the client throws a plain error with the status in its metadata. */
function statusOf(thrown: unknown): number | null {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return null;
  const metadata = thrown.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}

/** The region a store says the bucket lies in, when the request was signed for another one. */
export function regionNamedIn(thrown: unknown): string | null {
  if (!(thrown instanceof S3ServiceException) || thrown.name !== 'AuthorizationHeaderMalformed') return null;
  const named = 'Region' in thrown ? thrown.Region : undefined;
  return typeof named === 'string' && /^[a-z0-9-]{2,40}$/.test(named) ? named : null;
}
