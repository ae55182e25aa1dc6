import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CRC32C } from '@google-cloud/storage';
import { listenOnLoopback, readBody } from './http-server.js';

export interface GoogleFakeOptions {
  readonly port?: number;
  readonly buckets: readonly string[];
  /** Access tokens that are valid from the start. */
  readonly accessTokens?: readonly string[];
  /** The refresh token the token endpoint trades for a new access token, and the client it belongs to. */
  readonly refresh?: { readonly refreshToken: string; readonly clientId: string; readonly clientSecret: string };
}

export interface GoogleFakeFaults {
  /** md5Hash and crc32c in answers are those of other bytes. */
  wrongHashes: boolean;
  /** Everything that is not an upload is denied. */
  writeOnly: boolean;
  /** Uploads that are still to be answered with 503. */
  failNext: number;
}

export interface GoogleObject {
  readonly bucket: string;
  readonly name: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface GoogleFake {
  /** Root of the JSON API. */
  readonly url: string;
  readonly tokenUrl: string;
  readonly faults: GoogleFakeFaults;
  object(bucket: string, name: string): Buffer | undefined;
  objects(): readonly GoogleObject[];
  /** Resumable sessions that are neither finished nor cancelled. */
  openSessions(): number;
  readonly requests: readonly string[];
  close(): Promise<void>;
}

interface Description {
  readonly name: string;
  readonly contentType?: string;
  readonly md5Hash?: string;
  readonly crc32c?: string;
  readonly metadata?: Record<string, string>;
}

interface Session {
  readonly bucket: string;
  readonly description: Description;
  received: Buffer;
}

class GoogleFault extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.body = JSON.stringify({ error: { code: status, message, errors: [{ domain: 'global', reason, message }] } });
  }
}

/**
 * A fake of Google Cloud Storage that is ours, for tests and demonstrations: no emulator of Google's own exists for it.
 * It knows the uploads of the JSON API (media, multipart and resumable), demands a Bearer token, compares the hashes
 * it is given, and answers true ones; a token endpoint trades refresh tokens. The interoperability (XML) interface
 * with HMAC keys is S3's language and stood in for by the strict S3 server.
 */
export async function startGoogleFake(options: GoogleFakeOptions): Promise<GoogleFake> {
  const faults: GoogleFakeFaults = { wrongHashes: false, writeOnly: false, failNext: 0 };
  const tokens = new Set(options.accessTokens);
  const objects = new Map<string, GoogleObject>();
  const sessions = new Map<string, Session>();
  const requests: string[] = [];

  const trade = (form: URLSearchParams): JsonReply => {
    const { refresh } = options;
    if (form.get('client_id') !== refresh?.clientId || form.get('client_secret') !== refresh?.clientSecret) {
      return { status: 401, json: { error: 'invalid_client', error_description: 'The OAuth client was not found.' } };
    }
    if (form.get('grant_type') !== 'refresh_token' || form.get('refresh_token') !== refresh?.refreshToken) {
      return { status: 400, json: { error: 'invalid_grant', error_description: 'Bad Request' } };
    }
    const token = `fake-token-${randomUUID()}`;
    tokens.add(token);
    return { status: 200, json: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
  };

  const authorize = (request: IncomingMessage): void => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || !tokens.has(token)) throw new GoogleFault(401, 'authError', 'Invalid Credentials');
  };

  const finish = (bucket: string, description: Description, body: Buffer): JsonReply => {
    const hashes = hashesOf(body);
    for (const kind of ['md5Hash', 'crc32c'] as const) {
      if (description[kind] === undefined || description[kind] === hashes[kind]) continue;
      throw new GoogleFault(
        400,
        'invalid',
        `Provided ${kind} "${description[kind]}" doesn't match calculated "${hashes[kind]}".`,
      );
    }
    const { name, contentType = 'application/octet-stream', metadata = {} } = description;
    objects.set(`${bucket}/${name}`, { bucket, name, body, contentType, metadata });
    const shown = faults.wrongHashes ? hashesOf(Buffer.from('other')) : hashes;
    const identity = { kind: 'storage#object', id: `${bucket}/${name}/1`, bucket, name, generation: '1', etag: 'CAE=' };
    return { status: 200, json: { ...identity, contentType, metadata, size: String(body.length), ...shown } };
  };

  const continueSession = (id: string, session: Session, request: IncomingMessage, body: Buffer): JsonReply => {
    if (request.method === 'DELETE') {
      sessions.delete(id);
      return { status: 499, json: null };
    }
    const { start, whole, total } = contentRangeOf(request);
    if (start !== null) session.received = Buffer.concat([session.received.subarray(0, start), body]);
    if (whole || session.received.length === total) {
      const reply = finish(session.bucket, session.description, session.received);
      sessions.delete(id);
      return reply;
    }
    const { length } = session.received;
    return { status: 308, json: null, headers: length > 0 ? { range: `bytes=0-${length - 1}` } : {} };
  };

  const handle = async (request: IncomingMessage): Promise<JsonReply> => {
    requests.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? '/', running.url);
    const body = await readBody(request);
    if (url.pathname === '/token') return trade(new URLSearchParams(body.toString()));
    const uploadId = url.searchParams.get('upload_id');
    const session = uploadId === null ? undefined : sessions.get(uploadId);
    if (uploadId !== null && session !== undefined) return continueSession(uploadId, session, request, body);
    if (uploadId !== null) throw new GoogleFault(410, 'gone', 'The upload session is gone.');

    authorize(request);
    const [, ofBucket = '', name = ''] = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname) ?? [];
    if (request.method === 'DELETE' && name !== '' && !faults.writeOnly) {
      if (objects.delete(`${ofBucket}/${decodeURIComponent(name)}`)) return { status: 204, json: null };
      throw new GoogleFault(404, 'notFound', 'No such object');
    }
    const bucket = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname)?.[1];
    if (request.method !== 'POST' || bucket === undefined) {
      if (faults.writeOnly)
        throw new GoogleFault(403, 'forbidden', 'The caller does not have storage.objects.get access.');
      throw new GoogleFault(404, 'notFound', 'Not Found');
    }
    if (!options.buckets.includes(decodeURIComponent(bucket))) {
      throw new GoogleFault(404, 'notFound', 'The specified bucket does not exist.');
    }
    if (faults.failNext > 0) {
      faults.failNext -= 1;
      throw new GoogleFault(503, 'backendError', 'Backend Error');
    }
    return upload(decodeURIComponent(bucket), url.searchParams, request, body);
  };

  const upload = (bucket: string, query: URLSearchParams, request: IncomingMessage, body: Buffer): JsonReply => {
    const inQuery = query.get('name');
    const named = (given: Partial<Description>): Description => ({ ...given, name: inQuery ?? given.name ?? '' });
    switch (query.get('uploadType')) {
      case 'multipart': {
        const { description, content } = splitRelated(request.headers['content-type'] ?? '', body);
        return finish(bucket, named(description), content);
      }
      case 'resumable': {
        const id = randomUUID();
        const given = body.length === 0 ? {} : (JSON.parse(body.toString()) as Partial<Description>);
        const declared = request.headers['x-upload-content-type'];
        const description = typeof declared === 'string' ? { ...given, contentType: declared } : given;
        sessions.set(id, { bucket, description: named(description), received: Buffer.alloc(0) });
        const location = `${running.url}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${id}`;
        return { status: 200, json: null, headers: { location } };
      }
      default:
        return finish(
          bucket,
          named({ contentType: request.headers['content-type'] ?? 'application/octet-stream' }),
          body,
        );
    }
  };

  const running = await listenOnLoopback((request, response) => {
    handle(request).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        const fault = error instanceof GoogleFault ? error : new GoogleFault(500, 'internalError', String(error));
        response.writeHead(fault.status, { 'content-type': 'application/json' }).end(fault.body);
      },
    );
  }, options.port);

  return {
    url: running.url,
    tokenUrl: `${running.url}/token`,
    faults,
    object: (bucket, name) => objects.get(`${bucket}/${name}`)?.body,
    objects: () => [...objects.values()],
    openSessions: () => sessions.size,
    requests,
    close: running.close,
  };
}

interface JsonReply {
  readonly status: number;
  readonly json: object | null;
  readonly headers?: Readonly<Record<string, string>>;
}

function send(response: ServerResponse, { status, json, headers }: JsonReply): void {
  const body = json === null ? '' : JSON.stringify(json);
  const type = json === null ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers, 'content-length': String(Buffer.byteLength(body)) }).end(body);
}

interface ContentRange {
  /** Position of the first byte; null: no bytes, only a question how far it is. */
  readonly start: number | null;
  /** The request brings all that is left: its end is the end of the object. */
  readonly whole: boolean;
  /** Length of the object, where it is known. */
  readonly total: number | null;
}

/** Reads `bytes 0-99/200`, `bytes 0-99/*`, `bytes 0-*\/*` and `bytes *\/200`; without the header all bytes are there. */
function contentRangeOf(request: IncomingMessage): ContentRange {
  const header = request.headers['content-range'] ?? 'bytes 0-*/*';
  const [, start, end, total] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(header) ?? [];
  return {
    start: start === undefined ? null : Number(start),
    whole: end === '*' && total === '*',
    total: total === undefined || total === '*' ? null : Number(total),
  };
}

function hashesOf(body: Buffer): { md5Hash: string; crc32c: string } {
  const crc = new CRC32C();
  crc.update(body);
  return { md5Hash: createHash('md5').update(body).digest('base64'), crc32c: crc.toString() };
}

/** Takes a `multipart/related` body apart: a JSON part, then the bytes. */
function splitRelated(contentType: string, body: Buffer): { description: Partial<Description>; content: Buffer } {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1] ?? '';
  const parts: Buffer[] = [];
  const delimiter = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(delimiter); at >= 0;) {
    const next = body.indexOf(delimiter, at + delimiter.length);
    if (next < 0) break;
    const part = body.subarray(at + delimiter.length, next);
    parts.push(part.subarray(part.indexOf('\r\n\r\n') + 4, part.length - 2));
    at = next;
  }
  const [json, content] = parts;
  if (json === undefined || content === undefined)
    throw new GoogleFault(400, 'badContent', 'The multipart body is not whole');
  return { description: JSON.parse(json.toString()) as Partial<Description>, content };
}
