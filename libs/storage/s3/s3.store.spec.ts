import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { describeObjectStoreContract } from '#libs/testing';
import type { ObjectTarget, S3Destination } from '#libs/recording-model';
import { deadUrl } from '../testing/http-server.js';
import { startStrictS3 } from '../testing/strict-s3.js';
import { S3Store } from './s3.store.js';

const SECRETS = { key: 'AKIDEXAMPLE0000000', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

const destination = (endpoint: string, change: Partial<S3Destination> = {}): S3Destination => ({
  kind: 's3',
  bucket: 'calls',
  key: null,
  region: 'eu-central-1',
  endpoint,
  addressing: null,
  accessKeyId: { secret: 'key' },
  secretAccessKey: { secret: 'secret' },
  ...change,
});

const targetOf = (to: S3Destination, name: string): ObjectTarget => ({
  destination: to,
  name,
  contentType: 'audio/wav',
});

describeObjectStoreContract(
  'S3 at a strict server',
  async () => {
    const server = await startStrictS3({
      accessKeyId: SECRETS.key,
      secretAccessKey: SECRETS.secret,
      buckets: ['calls'],
    });
    const dead = await deadUrl();
    const at = destination(server.url);
    return {
      store: new S3Store(),
      secrets: SECRETS,
      wrongSecrets: { ...SECRETS, secret: 'another+Secret/that/is/Wrong' },
      target: (name) => targetOf(at, name),
      missingTarget: (name) => targetOf({ ...at, bucket: 'not-there' }, name),
      deadTarget: (name) => targetOf({ ...at, endpoint: dead }, name),
      stored: async (name) => {
        const found = server.objects().find((object) => object.bucket === 'calls' && object.key === name);
        return found ? { body: found.body, contentType: found.contentType } : null;
      },
      leftovers: async () => server.openUploads().length,
      corruptAnswers: (on) => (server.faults.wrongEtags = on),
      refuseReads: (on) => (server.faults.writeOnly = on),
      beginUpload: async (name) => {
        const client = new S3Client({
          endpoint: server.url,
          region: 'eu-central-1',
          forcePathStyle: true,
          credentials: { accessKeyId: SECRETS.key, secretAccessKey: SECRETS.secret },
        });
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: 'calls', Key: name }));
        client.destroy();
        return { target: targetOf(at, name), uploadId: UploadId ?? '' };
      },
      close: server.close,
    };
  },
  { credentials: true, containers: true, network: true, checksums: true, leftovers: true, removes: true },
);
