import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type {
  DestinationKind,
  ObjectStore,
  ObjectTarget,
  PutRequest,
  RecordingLedger,
  StorageReceipt,
} from '#libs/recording-model';
import type { CallClock } from './call-clock.js';
import type { OutputLines } from './output-lines.js';

type StoreKind = Exclude<DestinationKind, 'none'>;
type Stores = Readonly<Record<StoreKind, ObjectStore>>;

/** What became of a recording's file. */
export interface KeptFile {
  readonly file: string;
  /** True when its destination has confirmed it; false when nothing left the machine. */
  readonly stored: boolean;
}

const LONGEST_NAME = 120;

/** Keeps every rendition in the output directory, prints its upload, and passes it on to the real stores where there are any. */
export class SimulatedStores {
  private readonly files = new Map<string, KeptFile>();

  constructor(
    private readonly parts: {
      readonly lines: OutputLines;
      readonly clock: CallClock;
      readonly outDirectory: string;
      readonly recordings: Pick<RecordingLedger, 'get'>;
      /** Null: nothing leaves the machine. */
      readonly real: Stores | null;
    },
  ) {}

  readonly stores: Stores = {
    s3: this.store('s3'),
    gcs: this.store('gcs'),
    'azure-blob': this.store('azure-blob'),
    'http-upload': this.store('http-upload'),
    'ftp-upload': this.store('ftp-upload'),
    'media-store': this.store('media-store'),
  };

  fileOf(recordingId: string): KeptFile | null {
    return this.files.get(recordingId) ?? null;
  }

  private store(kind: StoreKind): ObjectStore {
    return {
      kind,
      put: (request) => this.put(kind, request),
      remove: async (request) => (await this.realStore(kind)?.remove(request)) ?? false,
      abort: async (leftover, secrets) => this.realStore(kind)?.abort(leftover, secrets),
    };
  }

  /** The own media store is this machine: nothing is uploaded to it. */
  private realStore(kind: StoreKind): ObjectStore | null {
    return kind === 'media-store' ? null : (this.parts.real?.[kind] ?? null);
  }

  private async put(kind: StoreKind, request: PutRequest): Promise<StorageReceipt> {
    const { recordings, clock } = this.parts;
    const recordingId = request.metadata['recording'] ?? '';
    const record = await recordings.get(recordingId);
    const file = await this.keep(
      recordingId,
      safeName(request.target, record?.spec.format.extension ?? 'bin'),
      record?.rendition?.file ?? '',
    );
    this.files.set(recordingId, { file, stored: false });
    if (kind !== 'media-store')
      this.tellUpload(recordingId, record?.capture?.mediaEndMs ?? clock.mediaTimeMs, request, file);
    const real = this.realStore(kind);
    if (real === null) return receiptAsIf(request, clock.now());
    const receipt = await real.put(request);
    this.files.set(recordingId, { file, stored: true });
    return receipt;
  }

  private async keep(recordingId: string, name: string, rendition: string): Promise<string> {
    const { lines, outDirectory } = this.parts;
    const file = join(outDirectory, `${lines.numberOf(recordingId) ?? 0}-${name}`);
    await mkdir(outDirectory, { recursive: true });
    await rm(file, { force: true });
    // The same bytes under a second name; a file system without that gets a copy.
    await link(rendition, file).catch(() => copyFile(rendition, file));
    return file;
  }

  private tellUpload(recordingId: string, atMs: number, { target, content }: PutRequest, bodyFile: string): void {
    const { lines } = this.parts;
    const { destination } = target;
    lines.addOf(recordingId, atMs, {
      type: 'request',
      purpose: 'upload',
      method: destination.kind === 'http-upload' ? destination.method : destination.kind === 'ftp-upload' ? 'STOR' : 'PUT',
      url: locationOf(target),
      headers: { 'content-type': target.contentType, 'content-length': String(content.sizeBytes) },
      body: null,
      bodyFile,
    });
  }
}

/** The receipt that the store would give. */
function receiptAsIf({ target, content, metadata }: PutRequest, now: Date): StorageReceipt {
  const location = locationOf(target, metadata);
  const { sizeBytes, sha256 } = content;
  const url = objectUrlOf(target) ?? location;
  return { location, url, etag: null, sizeBytes, sha256, verifiedBy: 'status', storedAt: now.toISOString() };
}

/** Address at which the provider would serve the object; null where there is none but its location. */
function objectUrlOf({ destination, name }: ObjectTarget): string | null {
  const path = name.split('/').map(encodeURIComponent).join('/');
  switch (destination.kind) {
    case 's3': {
      const { endpoint, bucket } = destination;
      const base = new URL(endpoint ?? `https://s3.${destination.region ?? 'us-east-1'}.amazonaws.com`);
      const folder = base.pathname.replace(/\/$/, '');
      const isVirtual =
        (destination.addressing ?? (endpoint === null && !bucket.includes('.') ? 'virtual' : 'path')) === 'virtual';
      return isVirtual
        ? `${base.protocol}//${bucket}.${base.host}${folder}/${path}`
        : `${base.protocol}//${base.host}${folder}/${bucket}/${path}`;
    }
    case 'gcs':
      return `${withoutSlash(destination.endpoint ?? 'https://storage.googleapis.com')}/${destination.bucket}/${path}`;
    case 'azure-blob': {
      const endpoint = destination.endpoint ?? 'https://{account}.blob.core.windows.net';
      return `${withoutSlash(endpoint.replace('{account}', destination.account))}/${destination.container}/${path}`;
    }
    case 'media-store':
    case 'http-upload':
    case 'ftp-upload':
    case 'none':
      return null;
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** URI of the object in the scheme of its store. */
function locationOf(
  { destination, name }: ObjectTarget,
  { tenant = '', application = '' }: PutRequest['metadata'] = {},
): string {
  switch (destination.kind) {
    case 's3':
      return `s3://${destination.bucket}/${name}`;
    case 'gcs':
      return `gs://${destination.bucket}/${name}`;
    case 'azure-blob':
      return `azure://${destination.account}/${destination.container}/${name}`;
    case 'media-store':
      return `media://${tenant}/${application}/${name.split('/').map(encodeURIComponent).join('/')}`;
    case 'http-upload':
    case 'ftp-upload':
    case 'none':
      return name;
  }
}

/** The vendor's file name as one that is safe and the same everywhere; an upload may bear its name in the query, out of sight. */
function safeName({ destination, name }: ObjectTarget, extension: string): string {
  const path = destination.kind === 'http-upload' || destination.kind === 'ftp-upload' ? decodedPath(name) : name;
  const safe = basename(path)
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(-LONGEST_NAME);
  if (safe === '') return `recording.${extension}`;
  return safe.includes('.') ? safe : `${safe}.${extension}`;
}

function decodedPath(url: string): string {
  const path = URL.parse(url)?.pathname ?? url;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
