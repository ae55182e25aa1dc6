import { RestError } from '@azure/storage-blob';
import { messageOf, networkCodeOf, type RefusalTable, type StoreRefusal } from '../shared/store-error.js';

/** Error codes of the Blob service. */
export const AZURE_REFUSALS: RefusalTable = {
  AccountIsDisabled: 'destination.denied',
  AuthenticationFailed: 'destination.denied',
  AuthorizationFailure: 'destination.denied',
  AuthorizationPermissionMismatch: 'destination.denied',
  AuthorizationProtocolMismatch: 'destination.denied',
  AuthorizationResourceTypeMismatch: 'destination.denied',
  AuthorizationServiceMismatch: 'destination.denied',
  AuthorizationSourceIPMismatch: 'destination.denied',
  InsufficientAccountPermissions: 'destination.denied',
  InvalidAuthenticationInfo: 'destination.denied',
  KeyBasedAuthenticationNotPermitted: 'destination.denied',
  NoAuthenticationInformation: 'destination.denied',

  ContainerBeingDeleted: 'destination.missing',
  ContainerDisabled: 'destination.missing',
  ContainerNotFound: 'destination.missing',
  ResourceNotFound: 'destination.missing',

  AccountLimitExceeded: 'destination.full',
  BlockCountExceedsLimit: 'destination.rejected',
  BlobImmutableDueToPolicy: 'destination.rejected',
  InvalidBlobType: 'destination.rejected',
  InvalidResourceName: 'destination.rejected',
  LeaseIdMissing: 'destination.rejected',
  RequestBodyTooLarge: 'destination.rejected',

  InternalError: 'destination.unreachable',
  InvalidBlockList: 'destination.unreachable',
  OperationTimedOut: 'destination.unreachable',
  ServerBusy: 'destination.unreachable',

  InvalidMd5: 'destination.checksum',
  Md5Mismatch: 'destination.checksum',
};

/** Reads code, status and words of whatever the Blob client threw. */
export function azureRefusalOf(thrown: unknown): StoreRefusal {
  const message = messageOf(thrown).replace(/\s*RequestId:.*$/s, '');
  if (thrown instanceof RestError && thrown.statusCode !== undefined) {
    return { code: thrown.code ?? null, status: thrown.statusCode, message };
  }
  const ranOutOfTime = thrown instanceof Error && thrown.name === 'AbortError';
  return { code: ranOutOfTime ? 'TimeoutError' : networkCodeOf(thrown), status: null, message };
}
