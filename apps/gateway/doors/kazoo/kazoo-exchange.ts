import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { hostname } from 'node:os';
import { createHash } from 'node:crypto';
import { kazoo } from '#libs/vendor-adapters';
import type { JsonObject } from '#libs/recording-model';
import type { DoorApplication } from '../shared/door-applications.js';

/** What the door knows of a request before its controller sees it. */
export interface KazooExchange {
  /** The whole body, `{data, verb, auth_token, action, …}`; empty without one. */
  readonly envelope: JsonObject;
  /** Null until somebody has proved who they are. */
  readonly proved: { readonly application: DoorApplication; readonly authToken: string } | null;
}

interface KazooRequest extends Request {
  kazooExchange?: KazooExchange;
}

const NODE = createHash('sha256').update(hostname()).digest('hex').slice(0, 32);

export function exchangeOf(request: Request): KazooExchange {
  return (request as KazooRequest).kazooExchange ?? { envelope: {}, proved: null };
}

export function noteExchange(request: Request, exchange: KazooExchange): void {
  (request as KazooRequest).kazooExchange = exchange;
}

/** What the envelope of the answer tells beside its data. */
export function factsOf(request: Request): kazoo.EnvelopeFacts {
  const { proved } = exchangeOf(request);
  const requestId = request.res?.getHeader('X-Request-Id');
  return {
    requestId: typeof requestId === 'string' ? requestId : '',
    authenticated:
      proved === null
        ? null
        : { authToken: proved.authToken, version: kazoo.kazooSettings(proved.application.view).version },
    node: NODE,
    now: new Date(),
  };
}

/** The account whose credentials came with the request; behind `KazooGuard` only. */
export const KazooAccount = createParamDecorator((_data: unknown, context: ExecutionContext): DoorApplication => {
  const { proved } = exchangeOf(context.switchToHttp().getRequest<Request>());
  if (proved === null) throw kazoo.invalidCredentials();
  return proved.application;
});

/** The whole body of the request. */
export const KazooEnvelope = createParamDecorator(
  (_data: unknown, context: ExecutionContext): JsonObject =>
    exchangeOf(context.switchToHttp().getRequest<Request>()).envelope,
);
