import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { S3Fault } from './s3-fault.js';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came over the wire. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface SigV4Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Null: any region's signature is taken. */
  readonly region: string | null;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
const MAX_SKEW_MS = 15 * 60 * 1000;

/**
 * Checks an AWS Signature Version 4 in header form: key id, scope, clock, every signed header and the hash of the body.
 * `UNSIGNED-PAYLOAD` is taken; signed streams with trailers are refused, as this server does not read them.
 * @throws S3Fault with the code S3 itself would answer
 */
export function verifySigV4(request: SignedRequest, keys: SigV4Keys): void {
  const [, keyId = '', date = '', region = '', signedHeaders = '', signature = ''] =
    AUTHORIZATION.exec(request.headers.authorization ?? '') ?? refuse(403, 'AccessDenied', 'Access Denied');
  if (keyId !== keys.accessKeyId)
    refuse(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  if (keys.region !== null && region !== keys.region) {
    throw new S3Fault(
      400,
      'AuthorizationHeaderMalformed',
      `The region '${region}' is wrong; expecting '${keys.region}'`,
      {
        Region: keys.region,
      },
    );
  }
  const payloadHash = checkPayloadHash(request);
  const timestamp = checkTimestamp(request.headers['x-amz-date'], date);
  const canonical = canonicalRequest(request, signedHeaders.split(';'), payloadHash);
  const scope = `${date}/${region}/s3/aws4_request`;
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n');
  const expected = hmac(signingKey(keys.secretAccessKey, date, region), stringToSign);
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
    refuse(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
}

function checkPayloadHash({ headers, body }: SignedRequest): string {
  const declared = headers['x-amz-content-sha256'];
  if (typeof declared !== 'string')
    refuse(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  if (declared.startsWith('STREAMING-'))
    refuse(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');
  if (declared !== 'UNSIGNED-PAYLOAD' && declared !== sha256(body)) {
    refuse(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return declared;
}

function checkTimestamp(value: string | string[] | undefined, date: string): string {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(String(value)) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!String(value).startsWith(date) || !(Math.abs(Date.now() - at) <= MAX_SKEW_MS)) {
    refuse(403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.');
  }
  return String(value);
}

function canonicalRequest({ method, url, headers }: SignedRequest, signed: string[], payloadHash: string): string {
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  const mustBeSigned = Object.keys(headers).filter(
    (name) => name === 'host' || name === 'content-md5' || name.startsWith('x-amz-'),
  );
  for (const name of mustBeSigned) {
    if (!signed.includes(name))
      refuse(403, 'AccessDenied', `There were headers present in the request which were not signed: ${name}`);
  }
  const lines = signed.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}\n`,
  );
  return [method, canonicalPath(path), canonicalQuery(query), lines.join(''), signed.join(';'), payloadHash].join('\n');
}

function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeStrictly(decodeURIComponent(segment)))
    .join('/');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return `${encodeStrictly(decodeURIComponent(name))}=${encodeStrictly(decodeURIComponent(value))}`;
  });
  return pairs.sort().join('&');
}

function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function signingKey(secret: string, date: string, region: string): Buffer {
  return [date, region, 's3', 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secret}`),
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function refuse(status: number, code: string, message: string): never {
  throw new S3Fault(status, code, message);
}
