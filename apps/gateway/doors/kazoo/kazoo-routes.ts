/** Addresses of the door below `/kazoo/v2` and what each can be asked; a colon stands before what varies. */
export const KAZOO_ROUTES: Readonly<Record<string, readonly string[]>> = {
  '/user_auth': ['PUT'],
  '/user_auth/:token': ['GET'],
  '/api_auth': ['PUT'],
  '/accounts/:account': ['GET', 'POST', 'PATCH'],
  '/accounts/:account/users/:owner': ['GET', 'POST', 'PATCH'],
  '/accounts/:account/devices/:owner': ['GET', 'POST', 'PATCH'],
  '/accounts/:account/user_auth': ['GET', 'DELETE'],
  '/accounts/:account/callflows': ['GET', 'PUT'],
  '/accounts/:account/callflows/:id': ['GET', 'POST', 'PATCH', 'DELETE'],
  '/accounts/:account/channels': ['GET'],
  '/accounts/:account/channels/:id': ['GET', 'PUT', 'POST'],
  '/accounts/:account/metaflows': ['GET', 'POST', 'DELETE'],
  '/accounts/:account/users/:owner/metaflows': ['GET', 'POST', 'DELETE'],
  '/accounts/:account/devices/:owner/metaflows': ['GET', 'POST', 'DELETE'],
  '/accounts/:account/recordings': ['GET'],
  '/accounts/:account/users/:owner/recordings': ['GET'],
  '/accounts/:account/recordings/:id': ['GET', 'PATCH', 'DELETE'],
  '/accounts/:account/webhooks': ['GET', 'PUT', 'PATCH'],
  '/accounts/:account/webhooks/attempts': ['GET'],
  '/accounts/:account/webhooks/:id': ['GET', 'POST', 'PATCH', 'DELETE'],
  '/accounts/:account/webhooks/:id/attempts': ['GET'],
  '/accounts/:account/storage': ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'],
  '/accounts/:account/att_handlers_errors': ['GET'],
  '/accounts/:account/att_handlers_errors/:id': ['GET'],
  '/accounts/:account/att_handlers_errors/handler/:id': ['GET'],
};

const MOUNT = '/kazoo/v2';

const TABLE = Object.entries(KAZOO_ROUTES).map(([template, methods]) => ({
  pattern: new RegExp(`^${MOUNT}${template.replace(/:\w+/g, '[^/]+')}/?$`),
  methods,
}));

/** Methods of an address (path without query); null when the door has no such address. */
export function methodsOf(path: string): readonly string[] | null {
  const rows = TABLE.filter(({ pattern }) => pattern.test(path));
  return rows.length === 0 ? null : rows.flatMap(({ methods }) => methods);
}
