import { RecgateError, type ErrorCode, type JsonObject, type JsonValue } from '#libs/recording-model';

/** An answer of Crossbar with exactly this status, short message and `data` (contract §4.2). */
export class CrossbarError extends RecgateError {
  constructor(
    readonly status: number,
    readonly shortMessage: string,
    readonly data: JsonValue,
    code: ErrorCode,
  ) {
    super(code, shortMessage);
    this.name = 'CrossbarError';
  }
}

/** No token, or one that is not good. */
export function invalidCredentials(): CrossbarError {
  return new CrossbarError(401, 'invalid_credentials', { message: 'invalid credentials' }, 'auth.invalid');
}

/** An account that is not the token's own, whether there is one of that id or not. */
export function forbidden(): CrossbarError {
  return new CrossbarError(403, 'forbidden', { message: 'forbidden' }, 'auth.invalid');
}

/** Nothing has this id, or it was deleted. */
export function badIdentifier(id: string): CrossbarError {
  return new CrossbarError(404, 'bad_identifier', { message: 'bad identifier', cause: id }, 'request.not_found');
}

/** A recording's id without its `YYYYMM-`: the message is spelled with a space. */
export function malformedIdentifier(id: string): CrossbarError {
  return new CrossbarError(404, 'bad identifier', [id], 'request.not_found');
}

/** Audio was asked for where there is none. */
export function noAttachment(id: string): CrossbarError {
  return new CrossbarError(404, 'bad_identifier', { details: id, message: 'bad identifier' }, 'request.not_found');
}

export function methodNotAllowed(): CrossbarError {
  return new CrossbarError(405, 'invalid_method', { message: 'method not allowed' }, 'request.invalid');
}

/** `Accept` names nothing that is offered. */
export function notAcceptable(): CrossbarError {
  return new CrossbarError(406, 'not_acceptable', { message: 'not acceptable' }, 'request.invalid');
}

/** A list that was asked for in one piece is too long. */
export function listTooLarge(): CrossbarError {
  return new CrossbarError(416, 'range not satisfiable', {}, 'range.not_satisfiable');
}

/** A request that fits the address but not what it can do. */
export function invalidData(data: JsonObject): CrossbarError {
  return new CrossbarError(400, 'invalid data', data, 'request.invalid');
}

/** One failed check: path, rule, message and particulars (contract §5). */
export function validationError(failures: JsonObject): CrossbarError {
  return new CrossbarError(400, 'validation error', failures, 'field.invalid');
}

/** One required field that is missing. */
export function requiredField(path: string): CrossbarError {
  return validationError({ [path]: { required: { message: 'Field is required but missing' } } });
}
