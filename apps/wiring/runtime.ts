import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSpool, type Spool } from '#libs/capture';
import type { RecgateConfig } from '#libs/config';
import { createRenditionFollower, createThreadedEncoder, type ThreadedEncoder } from '#libs/encoding';
import { createRedisLedger } from '#libs/ledger';
import { Housekeeping, NameClaims, OutboxRelay, Reconciler, sweepCatalogues, type OrchestrationPorts } from '#libs/orchestration';
import {
  createBullWorkQueue,
  createNodeCommander,
  createRedisConnections,
  DEFAULT_RETRY_PLANS,
  type BullWorkQueue,
  type NodeCommander,
  type RedisConnections,
  type RetryPlans,
} from '#libs/queues';
import type { Clock } from '#libs/recording-model';
import {
  createDocumentSigner,
  createFileVeils,
  createSecretVault,
  createSegmentCipher,
  loadOrCreateMasterKey,
  type FileVeil,
  type FileVeils,
} from '#libs/secrets';
import { MediaStore } from '#libs/storage';
import { createMetrics, type Logger } from '#libs/telemetry';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { createApiKeys, type ApiKeys } from './api-keys.js';
import { createAudioAppender } from './audio-appender.js';
import { bytesContent } from './bytes-content.js';
import { createOutbound, type Outbound } from './outbound.js';
import { createFileStore } from './file-store.js';
import { createGuardedStores } from './guarded-stores.js';
import { dataSweepers } from './local-files.js';
import { createPrompts } from './prompts.js';
import { randomIds } from './random-ids.js';
import { openPublicFile, uploadFile } from './stored-audio.js';
import { createTranscription } from './transcription.js';
import { openVeiled } from './veiled-files.js';
import { within } from './within.js';

/** Redis must be there when a process starts; later it may come and go. */
const REDIS_START_TIMEOUT_MS = 10_000;
/** How long one part may take to let go of what it holds. */
const CLOSE_PATIENCE_MS = 1000;

/** Everything a process shares between its roles: the ports and what they are bound to. */
export interface Runtime {
  readonly config: RecgateConfig;
  readonly log: Logger;
  readonly ports: OrchestrationPorts;
  readonly connections: RedisConnections;
  readonly work: BullWorkQueue;
  readonly commander: NodeCommander;
  readonly outbound: Outbound;
  readonly spool: Spool;
  /** What hides audio on the own disk, and what has hidden it. */
  readonly veils: FileVeils;
  /** For a new file; undefined: audio lies plain. */
  readonly veil: () => FileVeil | undefined;
  readonly mediaStore: MediaStore;
  readonly apiKeys: ApiKeys;
  readonly relay: OutboxRelay;
  readonly reconciler: Reconciler;
  readonly housekeeping: Housekeeping;
  /** `maxmemory-policy` of Redis. @throws when Redis does not answer */
  evictionPolicy(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Binds the ports to Redis, disk and network.
 * @throws RecgateError `gateway.unavailable` when Redis does not answer
 */
export async function createRuntime(config: RecgateConfig, redisUrl: string, log: Logger): Promise<Runtime> {
  const data = config.dataDirectory;
  const connections = createRedisConnections(redisUrl);
  const { prefix } = config.redis;
  const ledger = createRedisLedger({ prefix, connect: (use) => connections.open(use) });
  const work = createBullWorkQueue(connections.open('commands'), prefix, retryPlans(config.worker));
  const outbound = createOutbound(config.outbound);
  const keys = loadOrCreateMasterKey(join(data, 'master-keys'));
  const veils = createFileVeils(keys);
  const hidden = config.media.encryptSpool;
  const veiled = hidden ? { veil: () => veils.next() } : {};
  const veil = () => (hidden ? veils.next() : undefined);
  const follower = createRenditionFollower({ places: config.media.followedRecordings, ...veiled });
  const spool = createSpool({
    directory: join(data, 'spool'),
    follow: (job) => follower.follow(job),
    transform: createSegmentCipher(keys),
    seal: hidden,
    onDamage: (damage) => log.error({ ...damage }, 'a stretch of a spool cannot be read: silence stands in its place'),
  });
  const encoder: ThreadedEncoder = createThreadedEncoder({ threads: config.worker.encodeThreads, ...veiled });
  const mediaStore = new MediaStore({ root: join(data, 'media') });
  const files = createFileStore(mediaStore);
  const searchPath = process.env['PATH'] ?? '';
  const publishedFile = (sid: string) => openPublicFile(ports, sid);
  const prompts = createPrompts({ config, client: outbound.client, files, publishedFile, log, searchPath });
  const vault = createSecretVault(keys);
  const transcription = createTranscription(config.transcription, join(data, 'transcripts'), vault, searchPath);
  const ports: OrchestrationPorts = {
    ledger,
    work,
    vault,
    clock: WALL_CLOCK,
    ids: randomIds,
    adapters: VENDOR_ADAPTERS,
    spools: spool,
    encoder,
    followed: spool,
    openRendition: ({ file }, range) => openVeiled(veils, file, range),
    stores: createGuardedStores(outbound, mediaStore),
    sender: outbound.sender,
    transcription,
    signer: createDocumentSigner(keys),
    contentOf: bytesContent,
    files,
    appender: createAudioAppender(join(data, 'pulled'), { next: veil, of: (head) => veils.of(head) }),
    prompts,
    names: new NameClaims(WALL_CLOCK),
    settings: {
      renditionDirectory: join(data, 'renditions'),
      storeManifests: config.storage.manifests,
      peaksDirectory: join(data, 'peaks'),
      keepRenditions: config.storage.keepRenditions,
      stuckAfterMs: config.worker.stuckAfterSeconds * 1000,
      attemptTimeoutMs: config.outbound.timeoutMs,
      transcriptionTimeoutMs: config.transcription.timeoutSeconds * 1000,
      retentionSeconds: config.storage.retentionSeconds ?? null,
      ...gatewayUrlOf(config),
    },
    log: bridgeLog(log),
    metrics: createMetrics(),
  };
  const probe = connections.open('commands');
  await connections.ready(REDIS_START_TIMEOUT_MS);
  const commander = createNodeCommander(connections, prefix);
  const relay = new OutboxRelay(ports);
  return {
    config,
    log,
    ports,
    connections,
    work,
    commander,
    outbound,
    spool,
    veils,
    veil,
    mediaStore,
    apiKeys: createApiKeys(config.tenants, data),
    relay,
    reconciler: new Reconciler(ports, {
      relay,
      uploadArrived: (recordingId) => stat(uploadFile(data, recordingId)).then(() => true, () => false),
      tenants: tenantsOf(config),
    }),
    housekeeping: new Housekeeping(ports, [...dataSweepers(data, mediaStore, ports), () => sweepCatalogues(ports, tenantsOf(config))]),
    async evictionPolicy() {
      // Managed servers often refuse CONFIG; INFO tells the same everywhere.
      return /^maxmemory_policy:(\S+)/m.exec(await probe.info('memory'))?.[1] ?? 'unknown';
    },
    async close() {
      await within(log, 'queues', CLOSE_PATIENCE_MS, Promise.all([commander.close(), work.close()]));
      await within(log, 'encoder', CLOSE_PATIENCE_MS, Promise.all([encoder.close(), follower.close()]));
      await within(log, 'prompts', CLOSE_PATIENCE_MS, prompts.close());
      await within(log, 'transcription', CLOSE_PATIENCE_MS, transcription.close());
      await within(log, 'outbound', CLOSE_PATIENCE_MS, outbound.close());
      await within(log, 'ledger', CLOSE_PATIENCE_MS, ledger.close());
      await connections.close();
    },
  };
}

/** Where applications reach the gateway; not known when it listens at a port that only the system chooses. */
function gatewayUrlOf({ publicUrl, http }: RecgateConfig): { gatewayUrl?: string } {
  const url = publicUrl ?? (http.port === 0 ? undefined : `http://${http.host}:${http.port}`);
  return url === undefined ? {} : { gatewayUrl: url.replace(/\/+$/, '') };
}

/** Without any in the configuration there is one, whose key is made. */
export function tenantsOf({ tenants }: Pick<RecgateConfig, 'tenants'>): readonly string[] {
  return tenants.length === 0 ? ['main'] : tenants.map(({ id }) => id);
}

function retryPlans({ storeAttempts, storeRetryMaxSeconds }: RecgateConfig['worker']): RetryPlans {
  const store = { ...DEFAULT_RETRY_PLANS.store, attempts: storeAttempts, longestPauseMs: storeRetryMaxSeconds * 1000 };
  return { ...DEFAULT_RETRY_PLANS, store };
}

const WALL_CLOCK: Clock = { now: () => new Date() };

function bridgeLog(log: Logger): OrchestrationPorts['log'] {
  return {
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
    error: (message, fields) => log.error(fields, message),
  };
}
