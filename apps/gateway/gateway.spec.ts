import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { vendorOfPath } from './doors/shared/door.js';
import { ALPHA_KEY, BETA_KEY, GatewayUnderTest } from './testing/gateway-under-test.js';

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
});

afterAll(() => gateway.stop());

/** Every route of the router as `GET /v1/calls/{callRef}`; the documentation's own are left out. */
function routes(): string[] {
  interface Layer {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  }
  const { router } = gateway.app.getHttpAdapter().getInstance() as {
    readonly router: { readonly stack: readonly Layer[] };
  };
  return router.stack
    .flatMap(({ route }) =>
      route === undefined ? [] : Object.keys(route.methods).map((method) => [method, route.path] as const),
    )
    .filter(([method, path]) => !path.startsWith('/docs') && method !== 'options')
    .map(([method, path]) => `${method.toUpperCase()} ${path.replace(/[:*](\w+)/g, '{$1}')}`);
}

/** `GET /kazoo/v2/…` is a vendor's. */
const isOfDoor = (name: string): boolean => vendorOfPath(name.split(' ')[1] ?? '') !== null;

describe('the OpenAPI document', () => {
  it('holds every route, each with a summary, and those of the API behind a bearer key', async () => {
    const document = (await gateway.ask('GET', '/docs-json', { key: null })).json() as unknown as {
      paths: Record<
        string,
        Record<string, { summary?: string; security?: object[]; responses: Record<string, unknown> }>
      >;
    };
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
    );
    expect(described.map(({ name }) => name).sort()).toEqual(routes().sort());
    expect(routes().length).toBeGreaterThan(30);
    for (const { name, operation } of described) {
      expect([name, operation.summary ?? '']).toEqual([name, expect.stringMatching(/\w{3}/)]);
      // Doors prove who asks as their vendors do; some of that has no name in OpenAPI.
      if (!isOfDoor(name)) expect([name, operation.security]).toEqual([name, / \/v1\//.test(name) ? [{ bearer: [] }] : undefined]);
      expect([name, Object.keys(operation.responses)]).toEqual([
        name,
        expect.arrayContaining([expect.stringMatching(/^(2\d\d)$/)]),
      ]);
    }
  });

  it('refers to nothing that it does not hold', async () => {
    const { text } = await gateway.ask('GET', '/docs-json', { key: null });
    const { schemas } = (JSON.parse(text) as { components: { schemas: Record<string, unknown> } }).components;
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
    expect(references.length).toBeGreaterThan(30);
    expect(references.filter((name) => schemas[name] === undefined)).toEqual([]);
  });

  it('is shown as a page', async () => {
    const page = await gateway.ask('GET', '/docs', { key: null });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  });
});

describe('doors', () => {
  it('lets nobody into the API without a key, or with a wrong one', async () => {
    const api = routes().filter((route) => route.includes(' /v1/'));
    for (const route of api) {
      const [method = '', path = ''] = route.split(' ');
      const address = path.replace(/\{\w+\}/g, 'x');
      const none = await gateway.ask(method, address, { key: null });
      expect([route, none.status, none.headers.get('www-authenticate')]).toEqual([route, 401, 'Bearer']);
      if (method !== 'HEAD') expect([route, none.json()['code']]).toEqual([route, 'auth.missing']);
      const wrong = await gateway.ask(method, address, { key: `${ALPHA_KEY}x` });
      expect([route, wrong.status]).toEqual([route, 401]);
      if (method !== 'HEAD') expect([route, wrong.json()['code']]).toEqual([route, 'auth.invalid']);
    }
    const basic = await gateway.ask('GET', '/v1/calls', { key: null, headers: { authorization: 'Basic YTpi' } });
    expect([basic.status, basic.json()['code']]).toEqual([401, 'auth.invalid']);
  });

  it('answers an unknown address with a problem', async () => {
    const answer = await gateway.ask('GET', '/v1/nothing');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json()).toEqual({
      type: 'urn:recgate:problem:request.not_found',
      title: 'There is no such thing here',
      status: 404,
      detail: 'There is nothing at this address',
      code: 'request.not_found',
    });
  });

  it('takes double slashes in a path as one, and leaves the query alone', async () => {
    expect((await gateway.ask('GET', '//v1///applications')).status).toBe(200);
    expect((await gateway.ask('GET', '//health//?a=b//c', { key: null })).json()).toEqual({ status: 'ok' });
  });

  it('cannot be broken by a path that is no text', async () => {
    const answer = await gateway.ask('GET', '/f/%ff%fe', { key: null });
    expect([answer.status, answer.json()['code']]).toEqual([400, 'request.invalid']);
  });

  it('gives every answer a correlation id, the given one without what is harmful', async () => {
    const own = await gateway.ask('GET', '/nowhere', { headers: { 'x-request-id': 'trace-7:a b"<>' } });
    expect(own.headers.get('x-request-id')).toBe('trace-7:ab');
    const made = await gateway.ask('GET', '/health');
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const long = await gateway.ask('GET', '/health', { headers: { 'x-request-id': 'x'.repeat(5000) } });
    expect(long.headers.get('x-request-id')).toHaveLength(128);
  });

  it('sends the security headers and does not name its framework', async () => {
    const { headers } = await gateway.ask('GET', '/health');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('bodies', () => {
  it('names the place where JSON is broken and quotes nothing of it', async () => {
    const answer = await gateway.ask('POST', '/v1/applications', {
      body: '{"name": "a", "settings": {"k": canary-7781}}',
    });
    expect([answer.status, answer.json()['code']]).toEqual([400, 'document.malformed']);
    expect(answer.text).not.toContain('canary');
  });

  it('takes no more than 1 MiB', async () => {
    const answer = await gateway.ask('POST', '/v1/applications', { body: { name: 'x'.repeat(1_048_600) } });
    expect([answer.status, answer.json()['code']]).toEqual([413, 'document.too_large']);
  });

  it('takes no deep nesting', async () => {
    const depth = 40_000;
    const answer = await gateway.ask('POST', '/v1/applications', {
      body: `{"name":"a","settings":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`,
    });
    expect([answer.status, answer.json()['code']]).toEqual([400, 'document.too_deep']);
  });

  it('takes no other form than JSON', async () => {
    const answer = await gateway.ask('POST', '/v1/applications', {
      body: Buffer.from('name=a'),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([answer.status, answer.json()['code']]).toEqual([400, 'request.invalid']);
    const none = await gateway.ask('POST', '/v1/applications');
    expect([none.status, none.json()['field']]).toEqual([400, 'name']);
  });

  it('is not moved by keys that reach for prototypes', async () => {
    const answer = await gateway.ask('POST', '/v1/applications', {
      body: '{"name":"a","vendor":"flexml","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    });
    expect(answer.status).toBeLessThan(500);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('survives a client that goes away in the middle', async () => {
    const { port } = new URL(gateway.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `POST /v1/applications HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ALPHA_KEY}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"na`,
        );
        socket.destroy();
        resolve();
      });
    });
    expect((await gateway.ask('GET', '/health')).status).toBe(200);
  });
});

describe('applications', () => {
  it('are made, shown with hidden secrets, listed, changed and deleted', async () => {
    const body = {
      name: 'voicemail',
      vendor: 'sinch',
      settings: { callbackUrl: 'https://app.example.com/sinch', applicationSecret: 'canary-secret-1' },
    };
    const made = await gateway.ask('POST', '/v1/applications', { body });
    expect(made.status).toBe(201);
    expect(made.json()['settings']).toEqual({ callbackUrl: 'https://app.example.com/sinch', applicationSecret: '***' });
    const path = `/v1/applications/${String(made.json()['id'])}`;
    const changed = await gateway.ask('PATCH', path, { body: { settings: { fallbackUrl: 'https://b.example.com/' } } });
    expect(changed.json()['settings']).toEqual({
      callbackUrl: 'https://app.example.com/sinch',
      fallbackUrl: 'https://b.example.com/',
      applicationSecret: '***',
    });
    expect((await gateway.ask('GET', '/v1/applications')).text).not.toContain('canary');
    expect((await gateway.ask('GET', path)).json()).toEqual(changed.json());
    expect((await gateway.ask('DELETE', path)).status).toBe(204);
    expect((await gateway.ask('GET', path)).status).toBe(404);
  });

  it.each([
    [{ vendor: 'flexml' }, 'name'],
    [{ name: 'a', vendor: 'acme' }, 'vendor'],
    [{ name: 'a', vendor: 'flexml', settings: null }, 'settings'],
    [{ name: 'a', vendor: 'flexml', settings: { containerSid: 7 } }, 'settings.containerSid'],
    [{ name: 'a', vendor: 'flexml', settings: { nonsense: 'x' } }, 'settings.nonsense'],
    [{ name: 'a', vendor: 'flexml', settings: { statusCallbackMethod: 'PUT' } }, 'settings.statusCallbackMethod'],
    [{ name: 'a', vendor: 'flexml', settings: { documentUrl: 'app.example.com/x' } }, 'settings.documentUrl'],
    [{ name: 'a', vendor: 'flexml', settings: { storageUrl: 'javascript:alert(1)' } }, 'settings.storageUrl'],
    [{ name: 'a', vendor: 'flexml', settings: { defaultMaxLength: '1h' } }, 'settings.defaultMaxLength'],
    [{ name: 'a', vendor: 'flexml', more: 1 }, 'more'],
  ])('refuse %j naming the field', async (body, field) => {
    const answer = await gateway.ask('POST', '/v1/applications', { body });
    expect([answer.status, answer.json()['code'], answer.json()['field']]).toEqual([400, 'field.invalid', field]);
  });

  it.each([
    [{ sendCallingError: true }, 'Settings are strings: write "true"'],
    [{ destinationUrl: { a: 1 } }, 'Settings are strings: write the JSON as text'],
  ])('with a setting %j say how it is written', async (settings, detail) => {
    const answer = await gateway.ask('POST', '/v1/applications', { body: { name: 'a', vendor: 'sinch', settings } });
    expect([answer.status, answer.json()['detail']]).toEqual([400, detail]);
  });

  it('of another tenant look like none', async () => {
    const id = await gateway.application('flexml');
    const theirs = await gateway.ask('GET', `/v1/applications/${id}`, { key: BETA_KEY });
    const unknown = await gateway.ask('GET', '/v1/applications/app_00000000000000000000', { key: BETA_KEY });
    expect([theirs.status, unknown.status]).toEqual([404, 404]);
    expect(theirs.text.replaceAll(id, 'ID')).toBe(unknown.text.replaceAll('app_00000000000000000000', 'ID'));
    expect((await gateway.ask('GET', '/v1/applications', { key: BETA_KEY })).json()['items']).toEqual([]);
  });
});

describe('operations', () => {
  it('tell life, fitness and figures without a key', async () => {
    expect((await gateway.ask('GET', '/health', { key: null })).status).toBe(200);
    const ready = await gateway.ask('GET', '/ready', { key: null });
    expect([ready.status, ready.json()['faults']]).toEqual([503, ['No media node takes calls']]);
    await gateway.runtime.ports.ledger.nodes.heartbeat({ nodeId: 'n', calls: 0, maxCalls: 1, accepting: true }, 60_000);
    expect((await gateway.ask('GET', '/ready', { key: null })).json()).toEqual({ status: 'ready', faults: [] });
    const metrics = await gateway.ask('GET', '/metrics', { key: null });
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(metrics.text).toMatch(/^recgate_outbox_pending 0$/m);
  });
});
