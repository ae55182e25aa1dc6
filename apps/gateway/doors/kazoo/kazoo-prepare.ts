import type { RequestHandler } from 'express';
import { kazoo } from '#libs/vendor-adapters';
import { bodyText, parametersOf } from '../shared/door-request.js';
import { exchangeOf, noteExchange } from './kazoo-exchange.js';
import { methodsOf } from './kazoo-routes.js';

/**
 * Reads the envelope, puts the verb that was tunnelled through POST in the place of the method, and refuses methods an
 * address does not have: Crossbar does all that before it asks who is there (contract §4.2).
 */
export const prepareKazoo: RequestHandler = (request, _response, next) => {
  try {
    const [path = ''] = request.url.split('?', 1);
    const envelope = kazoo.readEnvelope(bodyText(request));
    noteExchange(request, { ...exchangeOf(request), envelope });
    if (request.method === 'POST') {
      const verb = kazoo.textMember(envelope, 'verb') ?? parametersOf(request).get('verb');
      if (verb !== null) request.method = tunnelled(verb);
    }
    const methods = methodsOf(path);
    const asked = request.method === 'HEAD' ? 'GET' : request.method;
    if (methods !== null && !methods.includes(asked)) throw kazoo.methodNotAllowed();
    next();
  } catch (error) {
    next(error);
  }
};

const VERBS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'];

/** @throws CrossbarError 405 for a verb that there is not */
function tunnelled(verb: string): string {
  const method = verb.toUpperCase();
  if (!VERBS.includes(method)) throw kazoo.methodNotAllowed();
  return method;
}
