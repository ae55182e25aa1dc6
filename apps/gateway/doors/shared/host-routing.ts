import type { RequestHandler } from 'express';
import type { RecgateConfig } from '#libs/config';
import type { DoorMount } from './door.js';

/**
 * Sends requests for a vendor's host name to that vendor's door. `originalUrl` keeps the path as it was sent, which is
 * what clients sign.
 */
export function routeHosts(hosts: RecgateConfig['http']['doorHosts']): RequestHandler {
  const mountOf = new Map<string, DoorMount>();
  for (const [mount, names] of Object.entries(hosts) as [DoorMount, string[]][]) {
    for (const name of names) mountOf.set(name.toLowerCase(), mount);
  }
  return (request, _response, next) => {
    const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    const mount = mountOf.get(host);
    if (mount !== undefined) request.url = `/${mount}${request.url}`;
    next();
  };
}
