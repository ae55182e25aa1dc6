import 'reflect-metadata';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { DOORS } from './doors/index.js';
import { DoorErrorFilter } from './doors/shared/door-error.filter.js';
import { prepareDoors } from './doors/shared/door.js';
import { readDoorBody } from './doors/shared/door-request.js';
import { routeHosts } from './doors/shared/host-routing.js';
import { GatewayModule } from './gateway.module.js';
import { createParsingPipe } from './http/parse-body.pipe.js';
import {
  answerBodyErrors,
  checkBody,
  collapseSlashes,
  correlationId,
  hasJsonBody,
  securityHeaders,
} from './http/request-hygiene.js';
import { createNestLog } from './nest-log.js';
import type { GatewayContext } from './runtime-token.js';

const BODY_LIMIT_BYTES = 1_048_576;

/** The HTTP side of the gateway, ready to listen. `close()` ends open event streams and connections. */
export async function createGatewayApp(context: GatewayContext): Promise<INestApplication> {
  const app = await NestFactory.create<NestExpressApplication>(GatewayModule.on(context), {
    logger: createNestLog(context.ports.log),
    abortOnError: false,
    bodyParser: false,
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  const errors = new DoorErrorFilter(context.ports.log, DOORS);
  app.use(correlationId, securityHeaders, collapseSlashes, routeHosts(context.config.http.doorHosts), readDoorBody, prepareDoors(DOORS), errors.handler);
  app.useBodyParser('json', { limit: BODY_LIMIT_BYTES, type: hasJsonBody });
  app.use(answerBodyErrors, checkBody);
  app.useGlobalPipes(createParsingPipe());
  app.useGlobalFilters(errors);
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Recgate API',
  });
  await app.init();
  return app;
}

/** The OpenAPI document of all routes. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const description = 'Applications, calls, recordings, events and deliveries. Errors are problem details (RFC 9457).';
  const config = new DocumentBuilder()
    .setTitle('Recgate')
    .setDescription(description)
    .setVersion('1')
    .addBearerAuth()
    .addBasicAuth()
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Auth-Token' }, 'kazoo')
    .build();
  return SwaggerModule.createDocument(app, config);
}

/** @returns the address that is really listened on, also when a free port was asked for with 0 */
export async function listen(app: INestApplication, host: string, port: number): Promise<{ readonly url: string }> {
  await app.listen(port, host);
  const url = new URL(await app.getUrl());
  url.hostname = host.includes(':') ? `[${host}]` : host;
  return { url: url.origin };
}
