import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { AzureBlobDestination, ObjectTarget, SecretBag } from '#libs/recording-model';
import { type ObjectStoreSubject, describeObjectStoreContract } from '#libs/testing';
import { startAzurite, type Azurite } from '../testing/azurite.js';
import { deadUrl } from '../testing/http-server.js';
import { startTamperingProxy } from '../testing/tampering-proxy.js';
import { AzureBlobStore } from './azure-blob.store.js';

const TRAITS = { credentials: true, containers: true, network: true, checksums: true, leftovers: false, removes: true };
const CONTAINER = 'voice-recordings';

let running: Promise<Azurite> | null = null;
let subjects = 0;

/** Azurite takes seconds to start: one serves all subjects. */
function borrowAzurite(): Promise<Azurite> {
  return (running ??= startAzurite({ containers: [CONTAINER] }));
}

async function returnAzurite(azurite: Azurite): Promise<void> {
  subjects += 1;
  if (subjects === 2) await azurite.close();
}

/** A SAS that may create and write, nothing else. */
function writeOnlySas(azurite: Azurite): string {
  const credential = new StorageSharedKeyCredential(azurite.account, azurite.accountKey);
  const values = {
    containerName: CONTAINER,
    permissions: ContainerSASPermissions.parse('cw'),
    expiresOn: new Date(Date.now() + 3_600_000),
  };
  return generateBlobSASQueryParameters(values, credential).toString();
}

async function subject(
  auth: AzureBlobDestination['auth'],
  secretsOf: (azurite: Azurite) => { right: SecretBag; wrong: SecretBag },
): Promise<ObjectStoreSubject> {
  const azurite = await borrowAzurite();
  const proxy = await startTamperingProxy(azurite.url);
  const dead = await deadUrl();
  const at: AzureBlobDestination = {
    kind: 'azure-blob',
    account: azurite.account,
    container: CONTAINER,
    key: null,
    endpoint: `${proxy.url}/${azurite.account}`,
    auth,
  };
  const targetOf = (destination: AzureBlobDestination, name: string): ObjectTarget => ({
    destination,
    name,
    contentType: 'audio/wav',
  });
  const container = azurite.service.getContainerClient(CONTAINER);
  const secrets = secretsOf(azurite);
  return {
    store: new AzureBlobStore(),
    secrets: secrets.right,
    wrongSecrets: secrets.wrong,
    target: (name) => targetOf(at, name),
    missingTarget: (name) => targetOf({ ...at, container: 'not-there' }, name),
    deadTarget: (name) => targetOf({ ...at, endpoint: `${dead}/${azurite.account}` }, name),
    stored: async (name) => {
      for await (const blob of container.listBlobsFlat()) {
        if (blob.name !== name) continue;
        const body = await container.getBlobClient(name).downloadToBuffer();
        return { body, contentType: blob.properties.contentType ?? null };
      }
      return null;
    },
    leftovers: async () => 0,
    corruptAnswers: (on) => {
      proxy.alterHeaders = on
        ? (headers) => ({ ...headers, 'content-md5': Buffer.alloc(16, 7).toString('base64') })
        : null;
    },
    refuseReads: (on) => (proxy.refuseReads = on),
    close: async () => {
      await proxy.close();
      await returnAzurite(azurite);
    },
  };
}

describeObjectStoreContract(
  'Azure Blob with an account key at Azurite',
  () =>
    subject({ kind: 'accountKey', accountKey: { secret: 'azureAccountKey' } }, ({ accountKey }) => ({
      right: { azureAccountKey: accountKey },
      wrong: { azureAccountKey: Buffer.alloc(64, 3).toString('base64') },
    })),
  TRAITS,
);

describeObjectStoreContract(
  'Azure Blob with a write-only SAS at Azurite',
  () =>
    subject({ kind: 'sas', token: { secret: 'azureSasToken' } }, (azurite) => {
      const sas = writeOnlySas(azurite);
      return { right: { azureSasToken: sas }, wrong: { azureSasToken: sas.replace(/sig=[^&]{6}/, 'sig=AAAAAA') } };
    }),
  { ...TRAITS, containers: false, removes: 'denied' },
);
