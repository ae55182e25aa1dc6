import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { ParsedDocument, RecordAction } from '#libs/recording-model';
import {
  applicationWith,
  parseDocument,
  recordActions,
  sampleRecording,
  seededIdSource,
  SAMPLE_CALL,
} from '#libs/testing';
import { flexmlAdapter } from './index.js';

const SID = 'ea662226-9f71-44fe-858f-f8b624034974';

const NOW = new Date('2024-07-28T09:00:40.000Z');

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
}

function parse(
  body: string,
  application = applicationWith(),
  url: string | null = 'https://app.example.com/vm',
): ParsedDocument {
  return parseDocument(flexmlAdapter, body, { application, url });
}

function record(attributes: string, application = applicationWith()): RecordAction {
  const [step] = recordActions(parse(`<Response><Record ${attributes}/></Response>`, application).steps);
  if (step === undefined) throw new Error('no record step');
  return step;
}

describe('flexml: destinations (contract §2.1, §2.2)', () => {
  it.each([
    ['', {}, { kind: 'media-store', container: null, file: null }],
    ['', { containerSid: SID }, { kind: 'media-store', container: SID, file: null }],
    [
      'containerSid="8d53344a-f312-40f8-93f5-bfba3f790b63"',
      { containerSid: SID },
      { kind: 'media-store', container: '8d53344a-f312-40f8-93f5-bfba3f790b63', file: null },
    ],
    [
      `fileSid="${SID}" containerSid="8d53344a-f312-40f8-93f5-bfba3f790b63"`,
      {},
      { kind: 'media-store', container: null, file: SID },
    ],
    [`fileSid="" containerSid="${SID}"`, {}, { kind: 'media-store', container: SID, file: null }],
  ])('<Record %s/> with settings %j', (attributes, settings, destination) => {
    expect(record(attributes, applicationWith(settings)).spec.destination).toEqual(destination);
  });

  it('keeps the credentials of S3, Google and Azure apart', () => {
    expect(
      record('awsAccessKey="AK" awsSecretKey="SK" awsBucketName="calls"', applicationWith({ s3Region: 'eu-west-1' })),
    ).toEqual(
      expect.objectContaining({
        spec: expect.objectContaining({
          destination: {
            kind: 's3',
            bucket: 'calls',
            key: null,
            region: 'eu-west-1',
            endpoint: null,
            addressing: null,
            accessKeyId: { secret: 'awsAccessKey' },
            secretAccessKey: { secret: 'awsSecretKey' },
          },
        }),
        secrets: { awsAccessKey: 'AK', awsSecretKey: 'SK' },
      }),
    );
    expect(record('gcpBucketName="b" gcpProject="p" gcpAccessToken="T"')).toEqual(
      expect.objectContaining({
        spec: expect.objectContaining({
          destination: {
            kind: 'gcs',
            bucket: 'b',
            project: 'p',
            key: null,
            endpoint: null,
            auth: { kind: 'accessToken', token: { secret: 'gcpAccessToken' } },
          },
        }),
        secrets: { gcpAccessToken: 'T' },
      }),
    );
    expect(record('azureAccountName="a" azureContainerName="c" azureSasToken="?sv=1"')).toEqual(
      expect.objectContaining({
        spec: expect.objectContaining({
          destination: {
            kind: 'azure-blob',
            account: 'a',
            container: 'c',
            key: null,
            endpoint: null,
            auth: { kind: 'sas', token: { secret: 'azureSasToken' } },
          },
        }),
        secrets: { azureSasToken: '?sv=1' },
      }),
    );
  });

  it('names the credentials that are missing, and none that are there', () => {
    const [step] = recordActions(parse('<Response><Record awsAccessKey="AKIA" awsBucketName="calls"/></Response>').steps);
    expect(step?.spec.destination).toMatchObject({ kind: 'none', reason: 'invalid: missing awsSecretKey' });
  });

  it('lets a recording fail whose store cannot be the one that was meant', () => {
    const steps = recordActions(parse(fixture('two-stores.xml')).steps);
    expect(
      steps.map(({ spec: { destination } }) => (destination.kind === 'none' ? destination.reason : destination.kind)),
    ).toEqual([
      'invalid: storage attributes of aws and azure; only one store may be named',
      'invalid: missing gcpClientSecret, or gcpAccessToken',
      'gcs',
      'invalid: azureContainerName cannot be a name of that store',
      'invalid: fileSid is not the sid of a file',
    ]);
    expect(steps.map(({ secrets }) => Object.keys(secrets))).toEqual([
      [],
      [],
      ['gcpRefreshToken', 'gcpClientId', 'gcpClientSecret'],
      [],
      [],
    ]);
    expect(steps[0]?.spec.continuation?.onFailed?.url).toBe('https://app.example.com/e');
  });

  it('names external objects by the sid, and keeps a given fileSid', () => {
    const ids = seededIdSource(5);
    const mint = (step: RecordAction): Readonly<Record<string, string>> =>
      flexmlAdapter.mintNames({
        spec: step.spec,
        recordingId: 'r',
        application: applicationWith(),
        call: SAMPLE_CALL,
        ids,
        now: NOW,
      });
    const target = (step: RecordAction): string =>
      flexmlAdapter.nameObject(sampleRecording(step.spec, { fileSid: SID }), applicationWith()).name;
    expect(mint(record(`fileSid="${SID}"`))).toEqual({ fileSid: SID });
    expect(mint(record('')).fileSid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(target(record('fileFormat="mp3"'))).toBe(`f/${SID}.mp3`);
    expect(target(record('awsAccessKey="AK" awsSecretKey="SK" awsBucketName="calls"'))).toBe(`${SID}.wav`);
  });
});

it('flexml: a string key is cut to what the Storage API takes, and told so', () => {
  const { steps, warnings, accounting } = parseDocument(
    flexmlAdapter,
    `<Response><Record stringKey1="${'x'.repeat(1025)}" stringKey2="y"/></Response>`,
  );
  const [action] = recordActions(steps);
  expect(action?.spec.labels).toEqual({ string_key_1: 'x'.repeat(1024), string_key_2: 'y' });
  expect(warnings).toHaveLength(1);
  expect(accounting.find(({ path }) => path.endsWith('@stringKey1'))).toMatchObject({ outcome: 'converted' });
});
