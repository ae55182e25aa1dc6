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

function firstFault(errors: readonly ValidationError[], parent: string): [string, string] {
  const [error] = errors;
  if (error === undefined) return [parent, 'The request is invalid'];
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const text = Object.values(error.constraints ?? {})[0];
  return text === undefined ? firstFault(error.children ?? [], path) : [path, text];
}
