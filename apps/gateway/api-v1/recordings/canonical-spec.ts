import { planEncoding } from '#libs/encoding';
import {
  isSecretRef,
  RecgateError,
  type AudioCodec,
  type ContainerFormat,
  type Destination,
  type RecordingFormat,
  type RecordingSpec,
  type SecretBag,
  type VendorName,
} from '#libs/recording-model';
import type { AnyDestinationDto } from './destination.dto.js';
import type { RecordingFormatDto } from './recording-rules.dto.js';
import type { RecordingSpecDto } from './recording-spec.dto.js';

type FormatFacts = Pick<RecordingFormat, 'extension' | 'contentType'>;

const DEFAULT_CODEC: Readonly<Record<ContainerFormat, AudioCodec>> = { wav: 'pcm16', mp3: 'mp3', raw: 'mulaw' };

const FORMAT_FACTS: Readonly<Record<ContainerFormat, FormatFacts>> = {
  wav: { extension: 'wav', contentType: 'audio/x-wav' },
  mp3: { extension: 'mp3', contentType: 'audio/mpeg' },
  raw: { extension: 'ul', contentType: 'audio/basic' },
};

/** The canonical job of a checked request; what was left out has its default. */
export function toRecordingSpec(dto: RecordingSpecDto, vendor: VendorName): RecordingSpec {
  if (dto.vendor !== undefined && dto.vendor !== vendor) {
    throw new RecgateError('field.invalid', `The application speaks ${vendor}`, { field: 'spec.vendor' });
  }
  const spec: RecordingSpec = {
    ...(plain(dto) as Omit<RecordingSpec, 'vendor' | 'format' | 'destination'>),
    vendor,
    format: toFormat(dto.format),
    destination: toDestination(dto.destination),
  };
  refuseImpossible(spec);
  return spec;
}

function toFormat({ container, codec, bitrateKbps, extension, contentType }: RecordingFormatDto): RecordingFormat {
  const facts = FORMAT_FACTS[container];
  return {
    container,
    codec: codec ?? DEFAULT_CODEC[container],
    bitrateKbps,
    extension: extension ?? facts.extension,
    contentType: contentType ?? facts.contentType,
  };
}

function toDestination(dto: AnyDestinationDto | undefined): Destination {
  if (dto === undefined) return { kind: 'media-store', container: null, file: null };
  return plain(dto) as Destination;
}

/** A plain object of a checked DTO; fields that were left out are left out. */
function plain(dto: object): unknown {
  return JSON.parse(JSON.stringify(dto)) as unknown;
}

function refuseImpossible(spec: RecordingSpec): void {
  try {
    planEncoding(spec.format, spec);
  } catch (thrown) {
    if (!(thrown instanceof RecgateError)) throw thrown;
    throw new RecgateError('field.invalid', thrown.message, { field: 'spec.format' });
  }
  const { maxDurationMs, minDurationMs, subscriptions } = spec;
  if (maxDurationMs !== null && minDurationMs > maxDurationMs) {
    throw new RecgateError('field.invalid', 'The shortest length is longer than the longest', {
      field: 'spec.minDurationMs',
    });
  }
  subscriptions.forEach(({ name }, index) => {
    if (subscriptions.findIndex((other) => other.name === name) === index) return;
    throw new RecgateError('field.invalid', 'Names of subscriptions are unique', {
      field: `spec.subscriptions.${index}.name`,
    });
  });
}

/**
 * The credentials a spec refers to.
 * @throws RecgateError `field.invalid` for a reference that leads nowhere and for a secret that nothing refers to
 */
export function secretsOf(spec: RecordingSpec, given: Readonly<Record<string, string>>): SecretBag {
  const references = findReferences(spec, 'spec');
  for (const [path, name] of references) {
    if (!Object.hasOwn(given, name))
      throw new RecgateError('field.invalid', `There is no secret named "${name}"`, { field: `${path}.secret` });
  }
  const used = new Set(references.map(([, name]) => name));
  for (const name of Object.keys(given)) {
    if (!used.has(name))
      throw new RecgateError('field.invalid', 'Nothing in the spec refers to this secret', {
        field: `secrets.${name}`,
      });
  }
  checkEncryption(spec, given);
  return given;
}

const VECTOR_BYTES = 16;

/** What could not be encrypted after all would only fail once it is recorded. */
function checkEncryption({ encryption, format }: RecordingSpec, secrets: SecretBag): void {
  if (encryption === null) return;
  if (format.container !== 'wav')
    throw new RecgateError('field.invalid', 'Only WAV files can be encrypted', { field: 'spec.encryption' });
  requireHex(secrets, encryption.key.secret, encryption.keyBits / 8);
  requireHex(secrets, encryption.vector.secret, VECTOR_BYTES);
}

function requireHex(secrets: SecretBag, name: string, bytes: number): void {
  if (new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`).test(secrets[name] ?? '')) return;
  throw new RecgateError('field.invalid', `The secret must be ${bytes * 2} hex digits`, { field: `secrets.${name}` });
}

function findReferences(value: unknown, path: string): [path: string, name: string][] {
  if (typeof value !== 'object' || value === null) return [];
  if (isSecretRef(value)) return [[path, value.secret]];
  return Object.entries(value).flatMap(([key, child]) => findReferences(child, `${path}.${key}`));
}
