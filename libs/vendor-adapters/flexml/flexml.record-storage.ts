import type { Destination, SecretRef } from '#libs/recording-model';
import type { AttributeReader } from './attribute-reader.js';
import { settingOf, type FlexmlSettingKey } from './flexml.settings.js';
import type { MapContext, SecretCollector } from './map-context.js';

/** One external store; `build` is called only when all it needs is there. */
interface ExternalSet {
  readonly name: string;
  readonly required: readonly string[];
  /** Ways to authenticate, the preferred one first; each is complete or not used. */
  readonly credentials: readonly (readonly string[])[];
  /** The attribute that names the bucket or account in URLs. */
  readonly locators: readonly string[];
  readonly build: (values: ExternalValues) => Destination;
}

interface ExternalValues {
  readonly text: (name: string) => string;
  readonly secret: (name: string) => SecretRef;
  /** Whether the chosen credentials include the attribute. */
  readonly uses: (name: string) => boolean;
  readonly setting: (key: FlexmlSettingKey) => string | null;
}

/** What may name a bucket, account or container: nothing that could change the meaning of a URL. */
const LOCATOR = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;
/** A sid that may become part of a path. UUIDs in the vendor's own store. */
const SID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The three external stores of contract §2.2. */
const EXTERNAL_SETS: readonly ExternalSet[] = [
  {
    name: 'aws',
    required: ['awsBucketName'],
    credentials: [['awsAccessKey', 'awsSecretKey']],
    locators: ['awsBucketName'],
    build: ({ text, secret, setting }) => ({
      kind: 's3',
      bucket: text('awsBucketName'),
      key: null,
      region: setting('s3Region'),
      endpoint: setting('s3Endpoint'),
      addressing: null,
      accessKeyId: secret('awsAccessKey'),
      secretAccessKey: secret('awsSecretKey'),
    }),
  },
  {
    name: 'gcp',
    required: ['gcpBucketName', 'gcpProject'],
    // A refresh token outlives the call, an access token may not.
    credentials: [['gcpRefreshToken', 'gcpClientId', 'gcpClientSecret'], ['gcpAccessToken']],
    locators: ['gcpBucketName'],
    build: ({ text, secret, uses, setting }) => ({
      kind: 'gcs',
      bucket: text('gcpBucketName'),
      project: text('gcpProject'),
      key: null,
      endpoint: setting('gcsEndpoint'),
      auth: uses('gcpRefreshToken')
        ? {
            kind: 'refreshToken',
            refreshToken: secret('gcpRefreshToken'),
            clientId: secret('gcpClientId'),
            clientSecret: secret('gcpClientSecret'),
          }
        : { kind: 'accessToken', token: secret('gcpAccessToken') },
    }),
  },
  {
    name: 'azure',
    required: ['azureAccountName', 'azureContainerName'],
    credentials: [['azureAccountKey'], ['azureSasToken']],
    locators: ['azureAccountName', 'azureContainerName'],
    build: ({ text, secret, uses, setting }) => ({
      kind: 'azure-blob',
      account: text('azureAccountName'),
      container: text('azureContainerName'),
      key: null,
      endpoint: setting('azureEndpoint'),
      auth: uses('azureAccountKey')
        ? { kind: 'accountKey', accountKey: secret('azureAccountKey') }
        : { kind: 'sas', token: secret('azureSasToken') },
    }),
  },
];

/**
 * Where the recording goes, by the precedence of contract §2.1. A target that cannot work (two sets, an incomplete one,
 * a sid that cannot be one) does not spoil the document: the recording fails, so that `errorAction` runs; the
 * destination then is `none` with a reason that begins with `invalid:`.
 */
export function readDestination(reader: AttributeReader, secrets: SecretCollector, context: MapContext): Destination {
  const given = EXTERNAL_SETS.filter((set) => attributesOf(set).some((name) => reader.has(name)));
  const [set] = given;
  if (set === undefined) return readOwnStore(reader, context);
  reader.drop(['fileSid', 'containerSid', 'fileMode'], 'external storage takes the place of the own store');
  if (given.length > 1)
    return refuseExternal(
      reader,
      given,
      `storage attributes of ${given.map((each) => each.name).join(' and ')}; only one store may be named`,
    );
  return readExternal(reader, set, secrets, context);
}

function readExternal(
  reader: AttributeReader,
  set: ExternalSet,
  secrets: SecretCollector,
  context: MapContext,
): Destination {
  const credentials = set.credentials.find((names) => names.every((name) => reader.has(name)));
  const missing = set.required.filter((name) => !reader.has(name));
  if (credentials === undefined) missing.push(set.credentials.map((names) => names.filter((name) => !reader.has(name)).join(' and ')).join(', or '));
  if (credentials === undefined || missing.length > 0)
    return refuseExternal(reader, [set], `missing ${missing.join(', ')}`);
  const unfit = set.locators.find((name) => !LOCATOR.test(valueOf(reader, name)));
  if (unfit !== undefined) return refuseExternal(reader, [set], `${unfit} cannot be a name of that store`);
  const destination = set.build({
    text: (name) => valueOf(reader, name),
    secret: (name) => secrets.add(name, valueOf(reader, name)),
    uses: (name) => credentials.includes(name),
    setting: (key) => settingOf(context.application, key),
  });
  accountExternal(reader, set, credentials, destination.kind);
  return destination;
}

function accountExternal(
  reader: AttributeReader,
  set: ExternalSet,
  credentials: readonly string[],
  kind: string,
): void {
  for (const name of attributesOf(set)) {
    const attribute = reader.find(name);
    if (attribute === undefined) continue;
    const isSecret = set.credentials.flat().includes(name);
    const fate =
      isSecret && !credentials.includes(name)
        ? { dropped: 'another complete set of credentials is used' }
        : { to: `spec.destination (${kind})` };
    reader.account(attribute, fate);
  }
}

function refuseExternal(reader: AttributeReader, sets: readonly ExternalSet[], why: string): Destination {
  for (const name of sets.flatMap(attributesOf)) {
    const attribute = reader.find(name);
    if (attribute === undefined) continue;
    reader.account(attribute, { dropped: `the recording fails: ${why}` });
  }
  return refuse(reader, why);
}

/** `fileSid`, then `containerSid`, then the application's container, then the account's default (contract §2.1). */
function readOwnStore(reader: AttributeReader, context: MapContext): Destination {
  const file = reader.find('fileSid');
  if (file !== undefined) {
    reader.drop(['containerSid'], 'fileSid names the file; the container is ignored');
    reader.account(file, { to: 'spec.destination.file' });
    return ownStore(reader, 'file', file.value.trim());
  }
  const container = reader.find('containerSid');
  const fallback = settingOf(context.application, 'containerSid');
  if (container !== undefined) reader.account(container, { to: 'spec.destination.container' });
  else reader.applyDefault('containerSid', fallback, 'spec.destination.container');
  const sid = container?.value.trim() ?? fallback;
  return sid === null ? { kind: 'media-store', container: null, file: null } : ownStore(reader, 'container', sid);
}

function ownStore(reader: AttributeReader, what: 'file' | 'container', sid: string): Destination {
  if (!SID.test(sid)) return refuse(reader, `${what}Sid is not the sid of a ${what}`);
  if (!UUID.test(sid)) reader.log.warn(`${what}Sid is not a UUID`, reader.find(`${what}Sid`)?.at ?? reader.element.at);
  return { kind: 'media-store', container: what === 'container' ? sid : null, file: what === 'file' ? sid : null };
}

function refuse(reader: AttributeReader, why: string): Destination {
  reader.log.warn(`The recording will fail: ${why}`, reader.element.at);
  return { kind: 'none', reason: `invalid: ${why}` };
}

/** `append` or `overwrite` for an existing file; everything else makes a new one (contract §2, fileMode). */
export function readIfExists(reader: AttributeReader, destination: Destination): 'append' | 'overwrite' | 'unique' {
  if (destination.kind !== 'media-store' || destination.file === null) {
    reader.drop(['fileMode'], 'it applies only with fileSid; a new file is made');
    return 'unique';
  }
  return reader.keyword<'append' | 'overwrite'>('fileMode', {
    words: { append: 'append', overwrite: 'overwrite' },
    fallback: 'append',
    to: 'spec.ifExists',
  });
}

function attributesOf(set: ExternalSet): readonly string[] {
  return [...set.required, ...set.credentials.flat()];
}

function valueOf(reader: AttributeReader, name: string): string {
  return reader.find(name)?.value.trim() ?? '';
}
