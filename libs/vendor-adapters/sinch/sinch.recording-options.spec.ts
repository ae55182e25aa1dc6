import { describe, expect, it } from '@jest/globals';
import { RecgateError, type DocumentRole, type ParsedDocument, type RecordAction } from '#libs/recording-model';
import { fixtureApplication, fixtureContext, fixtureText, sinchDocument } from './sinch.fixtures.js';
import { parseSinchDocument } from './sinch.request-mapper.js';

const S3 = { destinationUrl: 's3://bucket/', credentials: 'A:S:eu-west-1' };

function parse(body: unknown, role: DocumentRole = 'flow', application = fixtureApplication()): ParsedDocument {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return parseSinchDocument(sinchDocument(text, role), fixtureContext(application));
}

function records(parsed: ParsedDocument): RecordAction[] {
  return parsed.steps.filter((step) => step.kind === 'record');
}

function recordWith(options: object, application = fixtureApplication()): RecordAction {
  const parsed = parse({ instructions: [{ name: 'startRecording', options }] }, 'flow', application);
  const [first] = records(parsed);
  if (first === undefined) throw new Error('no recording');
  return first;
}

function refusal(body: unknown, role: DocumentRole = 'flow', application = fixtureApplication()): unknown {
  try {
    parse(body, role, application);
  } catch (thrown) {
    if (thrown instanceof RecgateError) return [thrown.code, thrown.field, thrown.position?.path];
    throw thrown;
  }
  return 'accepted';
}

const start = (options: object) => ({ name: 'startRecording', options });

describe('SVAML: recording options (contract §2)', () => {
  it.each([
    [`s3://bucket/${'k'.repeat(1024)}`, 'accepted'],
    [`s3://bucket/${'k'.repeat(1025)}`, ['field.invalid', 'destinationUrl', '/instructions/0/options/destinationUrl']],
    [`s3://bucket/${'k'.repeat(900)}/`, ['field.invalid', 'destinationUrl', '/instructions/0/options/destinationUrl']],
  ])('refuses a path that no store takes: %#', (destinationUrl, outcome) => {
    expect(refusal({ instructions: [start({ destinationUrl, credentials: 'A:S:r' })] })).toEqual(outcome);
  });

  it.each([
    ['s3://my-s3-bucket', 'A:S:r', { kind: 's3', bucket: 'my-s3-bucket', key: null, region: 'r' }],
    ['s3://my-bucket/', 'A:S:T:r', { kind: 's3', bucket: 'my-bucket', key: null, region: 'r' }],
    ['s3://b/voice recordings//é%20.mp3', 'A:S', { kind: 's3', key: 'voice recordings/é%20.mp3', region: 'us-east-1' }],
    ['s3://b/folder/', 'A:S:r', { kind: 's3', key: 'folder/' }],
    [
      'azure://my-account/test-container',
      'QUJD',
      { kind: 'azure-blob', account: 'my-account', container: 'test-container', key: null },
    ],
    [
      'azure://a/c/my.mp3',
      'QUJD',
      { kind: 'azure-blob', key: 'my.mp3', auth: { kind: 'accountKey', accountKey: { secret: 'accountKey' } } },
    ],
    ['GS://b/f/x.mp3', 'A:S:T', { kind: 'gcs', bucket: 'b', key: 'f/x.mp3', auth: { kind: 'hmac' } }],
    ['sdrive://x/y.mp3', 'anything', { kind: 'media-store', container: null, file: null }],
  ])('understands %s', (destinationUrl, credentials, destination) => {
    expect(recordWith({ destinationUrl, credentials }).spec.destination).toMatchObject(destination);
  });

  it('splits credentials as each store wants them', () => {
    expect(recordWith({ destinationUrl: 's3://b', credentials: 'A:S:T:r' }).secrets).toEqual({
      accessKeyId: 'A',
      secretAccessKey: 'S:T',
    });
    expect(recordWith({ destinationUrl: 'gs://b', credentials: 'A:S:T' }).secrets).toEqual({
      accessKeyId: 'A',
      secretAccessKey: 'S:T',
    });
    expect(recordWith({ destinationUrl: 'azure://a/c', credentials: 'QUJD' }).secrets).toEqual({ accountKey: 'QUJD' });
    expect(recordWith({ destinationUrl: 'sdrive://a', credentials: 'x' }).secrets).toEqual({});
  });

  it.each([
    ['https://b/x', 'A:S:r', 'destinationUrl'],
    ['s3://', 'A:S:r', 'destinationUrl'],
    ['s3://b/../x', 'A:S:r', 'destinationUrl'],
    ['s3://b/x\\..\\y', 'A:S:r', 'destinationUrl'],
    ['s3://b/x\u0000', 'A:S:r', 'destinationUrl'],
    ['s3://key:secret@b/x', 'A:S:r', 'destinationUrl'],
    ['azure://account', 'QUJD', 'destinationUrl'],
    ['azure://evil.example/c/x', 'QUJD', 'destinationUrl'],
    ['s3://b', 'onlyone', 'credentials'],
    ['s3://b', 'A::r', 'credentials'],
    ['s3://b', 'A:S:re/gion', 'credentials'],
    ['gs://b', 'A', 'credentials'],
    ['azure://a/c', 'A:S', 'credentials'],
  ])('refuses %j with %j without repeating it', (destinationUrl, credentials, field) => {
    const body = { instructions: [start({ destinationUrl, credentials })] };
    expect(refusal(body)).toEqual(['field.invalid', field, `/instructions/0/options/${field}`]);
  });

  it.each([
    [{ credentials: 'A:S' }, 'accepted'],
    [{ destinationUrl: '' }, ['field.missing', 'destinationUrl', '/instructions/0/options/destinationUrl']],
    [{ ...S3, credentials: ' ' }, ['field.missing', 'credentials', '/instructions/0/options/credentials']],
    [{ ...S3, format: 'ogg' }, ['field.invalid', 'format', '/instructions/0/options/format']],
    [{ ...S3, format: {} }, ['field.invalid', 'format', '/instructions/0/options/format']],
    [
      { ...S3, notificationEvents: 'yes' },
      ['field.invalid', 'notificationEvents', '/instructions/0/options/notificationEvents'],
    ],
    [{ ...S3, destinationUrl: 5 }, ['field.invalid', 'destinationUrl', '/instructions/0/options/destinationUrl']],
    [
      { ...S3, transcriptionOptions: 'on' },
      ['field.invalid', 'transcriptionOptions', '/instructions/0/options/transcriptionOptions'],
    ],
  ])('answers the options %j', (options, expected) => {
    const application = fixtureApplication({ destinationUrl: 's3://default/' }, {});
    expect(refusal({ instructions: [start(options)] }, 'flow', application)).toEqual(expected);
  });

  it('reads transcription into the spec', () => {
    const parsed = parse(fixtureText('ace-continue-record'), 'ace');
    expect(records(parsed)[0]?.spec.transcription).toMatchObject({ locale: 'en-US' });
    const entries = parsed.accounting.filter(({ path }) => path.includes('transcriptionOptions'));
    expect(entries.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['exact', undefined],
      ['exact', undefined],
    ]);
    expect(recordWith({ ...S3, transcriptionOptions: { enabled: 'true' } }).spec.transcription).toMatchObject({
      locale: 'en-US',
    });
    expect(
      recordWith({ ...S3, transcriptionOptions: { enabled: false, locale: 'sv-SE' } }).spec.transcription,
    ).toBeNull();
  });

  it('takes endpoints and region from the settings, and the custom text of the call as label', () => {
    const settings = {
      defaultRegion: 'eu-north-1',
      s3Endpoint: 'http://127.0.0.1:9000',
      gsEndpoint: 'http://g',
      azureEndpoint: 'http://a',
    };
    const application = fixtureApplication(settings, {});
    expect(recordWith({ destinationUrl: 's3://b', credentials: 'A:S' }, application).spec.destination).toMatchObject({
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-north-1',
    });
    expect(recordWith({ destinationUrl: 'gs://b', credentials: 'A:S' }, application).spec.destination).toMatchObject({
      endpoint: 'http://g',
    });
    expect(
      recordWith({ destinationUrl: 'azure://a/c', credentials: 'QUJD' }, application).spec.destination,
    ).toMatchObject({ endpoint: 'http://a' });
    const context = fixtureContext();
    const parsed = parseSinchDocument(sinchDocument(JSON.stringify({ instructions: [start(S3)] })), {
      ...context,
      call: { ...context.call, vendor: { custom: 'order 7' } },
    });
    expect(records(parsed)[0]?.spec.labels).toEqual({ custom: 'order 7' });
  });
});
