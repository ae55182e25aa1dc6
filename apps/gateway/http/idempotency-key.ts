import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { RecgateError } from '#libs/recording-model';

/** The `Idempotency-Key` of the request, or null. */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext): string | null => {
  const key = context.switchToHttp().getRequest<Request>().headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new RecgateError('field.invalid', 'An Idempotency-Key has 1 to 255 printable ASCII characters', {
      field: 'Idempotency-Key',
    });
  }
  return key;
});
