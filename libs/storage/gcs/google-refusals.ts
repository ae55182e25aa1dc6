import { messageOf, networkCodeOf, type RefusalTable, type StoreRefusal } from '../shared/store-error.js';

const OTHER_BYTES = 'hashMismatch';

/** Reasons of the JSON API and errors of the token endpoint. */
export const GOOGLE_REFUSALS: RefusalTable = {
  accountDisabled: 'destination.denied',
  authError: 'destination.denied',
  forbidden: 'destination.denied',
  insufficientPermissions: 'destination.denied',
  invalid_client: 'destination.denied',
  invalid_grant: 'destination.denied',
  required: 'destination.denied',
  unauthorized_client: 'destination.denied',
  userProjectAccountProblem: 'destination.denied',

  notFound: 'destination.missing',
  gone: 'destination.unreachable',

  quotaExceeded: 'destination.full',
  storageQuotaExceeded: 'destination.full',

  invalid: 'destination.rejected',
  uploadTooLarge: 'destination.rejected',

  backendError: 'destination.unreachable',
  internalError: 'destination.unreachable',
  rateLimitExceeded: 'destination.unreachable',
  userRateLimitExceeded: 'destination.unreachable',

  [OTHER_BYTES]: 'destination.checksum',
};

type Fields = Readonly<Record<string, unknown>>;

/** Reads reason, status and words of whatever the storage or the auth library threw; their shapes differ. */
export function googleRefusalOf(thrown: unknown): StoreRefusal {
  const error = fieldsOf(thrown);
  const data = fieldsOf(fieldsOf(error['response'])['data']);
  const answer = fieldsOf(data['error']);
  const status =
    numberOf(error['code']) ?? numberOf(error['status']) ?? numberOf(fieldsOf(error['response'])['status']);
  const reason = firstReason(error['errors']) ?? firstReason(answer['errors']) ?? textOf(data['error']);
  const message = textOf(answer['message']) ?? textOf(data['error_description']) ?? messageOf(thrown);
  if (status === null) return { code: reason ?? networkCodeOf(thrown), status, message };
  return { code: /doesn't match calculated/.test(message) ? OTHER_BYTES : reason, status, message };
}

function firstReason(errors: unknown): string | null {
  return Array.isArray(errors) ? textOf(fieldsOf(errors[0])['reason']) : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' ? number : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
