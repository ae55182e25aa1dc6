import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { RecgateError } from '#libs/recording-model';

/** Checks every body and query against its DTO; the first field at fault is named with its path. */
export function createParsingPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => toError(errors),
  });
}

function toError(errors: readonly ValidationError[]): RecgateError {
  const [path, text] = firstFault(errors, '');
  return new RecgateError('field.invalid', text, { field: path });
}

/** Rules about what kind of value a field takes: `isInt`, `isString`, `isObject` and so on. */
const OF_KIND = /^is(?!In$|NotEmpty$|Url$)/;

function firstFault(errors: readonly ValidationError[], parent: string): [string, string] {
  const [error] = errors;
  if (error === undefined) return [parent, 'The request is invalid'];
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  // Of a value of the wrong kind, its kind is said and not that it is too large.
  const faults = Object.entries(error.constraints ?? {});
  const [, text] = faults.find(([rule]) => OF_KIND.test(rule)) ?? faults[0] ?? [];
  return text === undefined ? firstFault(error.children ?? [], path) : [path, text];
}
