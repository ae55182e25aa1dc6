import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import type { GcsDestination, ObjectTarget, SecretBag } from '#libs/recording-model';
import { type ObjectStoreSubject, describeObjectStoreContract } from '#libs/testing';
import { startGoogleFake } from '../testing/google-fake.js';
import { deadUrl } from '../testing/http-server.js';
import { startStrictS3 } from '../testing/strict-s3.js';
import { GcsStore } from './gcs.store.js';

const TRAITS = { credentials: true, containers: true, network: true, checksums: true, leftovers: false, removes: true };
const BUCKET = 'sinch-storage';

const destination = (endpoint: string, auth: GcsDestination['auth']): GcsDestination => ({
  kind: 'gcs',
  bucket: BUCKET,
  project: 'my-project',
  key: null,
  endpoint,
  auth,
});

const targetOf = (to: GcsDestination, name: string): ObjectTarget => ({
  destination: to,
  name,
  contentType: 'audio/wav',
});

async function jsonSubject(
  auth: GcsDestination['auth'],
  right: SecretBag,
  wrong: SecretBag,
): Promise<ObjectStoreSubject> {
  const { gcpAccessToken, gcpRefreshToken = '', gcpClientId = '', gcpClientSecret = '' } = right;
  const fake = await startGoogleFake({
    buckets: [BUCKET],
    accessTokens: gcpAccessToken === undefined ? [] : [gcpAccessToken],
    refresh: { refreshToken: gcpRefreshToken, clientId: gcpClientId, clientSecret: gcpClientSecret },
  });
  const dead = await deadUrl();
  const at = destination(fake.url, auth);
  return {
    store: new GcsStore({ tokenUrl: fake.tokenUrl }),
    secrets: right,
    wrongSecrets: wrong,
    target: (name) => targetOf(at, name),
    missingTarget: (name) => targetOf({ ...at, bucket: 'not-there' }, name),
    deadTarget: (name) => targetOf({ ...at, endpoint: dead }, name),
    stored: async (name) => fake.objects().find((object) => object.name === name) ?? null,
    leftovers: async () => fake.openSessions(),
    corruptAnswers: (on) => (fake.faults.wrongHashes = on),
    refuseReads: (on) => (fake.faults.writeOnly = on),
    close: fake.close,
  };
}

describeObjectStoreContract(
  'Google with an access token at our fake',
  () =>
    jsonSubject(
      { kind: 'accessToken', token: { secret: 'gcpAccessToken' } },
      { gcpAccessToken: 'ya29.right-token-0123456789' },
      { gcpAccessToken: 'ya29.wrong-token-9876543210' },
    ),
  TRAITS,
);

const REFRESH = {
  gcpRefreshToken: '1//04-refresh-token-example',
  gcpClientId: '1234567890-abc.apps.example',
  gcpClientSecret: 'GOCSPX-client-secret-example',
};

describeObjectStoreContract(
  'Google with a refresh token at our fake',
  () =>
    jsonSubject(
      {
        kind: 'refreshToken',
        refreshToken: { secret: 'gcpRefreshToken' },
        clientId: { secret: 'gcpClientId' },
        clientSecret: { secret: 'gcpClientSecret' },
      },
      REFRESH,
      { ...REFRESH, gcpRefreshToken: '1//04-another-token-that-is-wrong' },
    ),
  TRAITS,
);

const HMAC = { access: 'GOOG1EXAMPLEACCESSID', secret: 'bGoa+V7g/yqDXvKRqq+JTFn4uQZbPiQJo4pf9RzJ' };

describeObjectStoreContract(
  'Google with HMAC keys at the strict S3 server',
  async () => {
    const server = await startStrictS3({
      accessKeyId: HMAC.access,
      secretAccessKey: HMAC.secret,
      buckets: [BUCKET],
      region: 'auto',
      googleHashes: true,
    });
    const dead = await deadUrl();
    const at = destination(server.url, {
      kind: 'hmac',
      accessKeyId: { secret: 'access' },
      secretAccessKey: { secret: 'secret' },
    });
    return {
      store: new GcsStore(),
      secrets: HMAC,
      wrongSecrets: { ...HMAC, secret: 'not+the/right/secret+at/all' },
      target: (name) => targetOf(at, name),
      missingTarget: (name) => targetOf({ ...at, bucket: 'not-there' }, name),
      deadTarget: (name) => targetOf({ ...at, endpoint: dead }, name),
      stored: async (name) => server.objects().find((object) => object.key === name) ?? null,
      leftovers: async () => server.openUploads().length,
      corruptAnswers: (on) => (server.faults.wrongEtags = on),
      refuseReads: (on) => (server.faults.writeOnly = on),
      beginUpload: async (name) => {
        const credentials = { accessKeyId: HMAC.access, secretAccessKey: HMAC.secret };
        const client = new S3Client({ endpoint: server.url, region: 'auto', forcePathStyle: true, credentials });
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: name }));
        client.destroy();
        return { target: targetOf(at, name), uploadId: UploadId ?? '' };
      },
      close: server.close,
    };
  },
  { ...TRAITS, leftovers: true },
);
