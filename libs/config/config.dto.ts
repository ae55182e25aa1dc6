import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUrl, Matches, Max, Min, ValidateIf, ValidateNested } from 'class-validator';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const STAGES = ['capture', 'encode', 'store', 'transcribe', 'deliver', 'housekeeping'] as const;
const TRANSCRIPTION_ENGINES = ['none', 'openai', 'deepgram', 'vosk', 'pocketsphinx'] as const;

const SPEECH_ENGINES = ['auto', 'espeak', 'http', 'none'] as const;

/** A host name alone: no scheme, port or path. */
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const HOST_NAME_RULE = { each: true, message: 'each must be a host name without scheme, port and path' } as const;

export type SpeechEngineName = (typeof SPEECH_ENGINES)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];
export type WorkerStage = (typeof STAGES)[number];

/**
 * Host names under which a vendor's door answers without its path prefix, for clients that take a host name and nothing
 * else. Ports do not count.
 */
export class DoorHostsConfig {
  @IsArray()
  @Matches(HOST_NAME, HOST_NAME_RULE)
  carrierx: string[] = [];

  @IsArray()
  @Matches(HOST_NAME, HOST_NAME_RULE)
  kazoo: string[] = [];

  @IsArray()
  @Matches(HOST_NAME, HOST_NAME_RULE)
  aculab: string[] = [];

  @IsArray()
  @Matches(HOST_NAME, HOST_NAME_RULE)
  sinch: string[] = [];
}

/** Where the gateway's own HTTP listens. */
export class HttpConfig {
  /** Address to listen on. */
  @IsString()
  host = '127.0.0.1';

  /** TCP port; 0 takes a free one. */
  @IsInt()
  @Min(0)
  @Max(65535)
  port = 8480;

  @ValidateNested()
  @Type(() => DoorHostsConfig)
  doorHosts: DoorHostsConfig = new DoorHostsConfig();
}

export class TenantConfig {
  @IsString()
  @IsNotEmpty()
  id: string;

  /** Bearer keys of this tenant, 16 characters or more each. */
  @IsArray()
  @IsString({ each: true })
  apiKeys: string[] = [];
}

export class RedisConfig {
  /** `redis://`, `rediss://`, `redis+sentinel://` or `redis+cluster://`; absent: a private server is started. */
  @IsOptional()
  @Matches(/^redis(s|\+sentinel|\+cluster)?:\/\/\S+$/, { message: 'must begin with redis://, rediss://, redis+sentinel:// or redis+cluster://' })
  url?: string;

  /** First part of every key. */
  @IsString()
  @IsNotEmpty()
  prefix = 'recgate';
}

/** Live audio of this node. */
export class MediaConfig {
  /** Name of this node; must be its own among all nodes on one Redis. */
  @IsString()
  @IsNotEmpty()
  nodeId = 'node-1';

  /** Address on which RTP and WebSocket audio are received. */
  @IsString()
  @IsNotEmpty()
  address = '127.0.0.1';

  /** Address that callers are told to send RTP to; absent: `address`. Needed where `address` stands for every address, or behind NAT. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  publicAddress?: string;

  /** Base of the WebSocket addresses that are told; absent: `ws://`, the told address and the port. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['ws', 'wss'] })
  publicWebsocketUrl?: string;

  /** Even-numbered ports from..to, two a leg. */
  @IsInt()
  @Min(1024)
  @Max(65534)
  rtpPortFrom = 20000;

  @IsInt()
  @Min(1025)
  @Max(65535)
  rtpPortTo = 29999;

  /** TCP port of the WebSocket audio listener; 0 takes a free one. */
  @IsInt()
  @Min(0)
  @Max(65535)
  websocketPort = 8481;

  /** New calls beyond this number are refused. */
  @IsInt()
  @Min(1)
  maxCalls = 1000;

  /** A call that sends nothing for this long ends, seconds. */
  @IsInt()
  @Min(1)
  timeoutSeconds = 60;

  /** MP3 recordings that are encoded while they are still recorded, at once; 0: each is encoded after its end. */
  @IsInt()
  @Min(0)
  @Max(1000)
  followedRecordings = 100;

  /** Whether audio on its way to a store lies encrypted on the disk: spool, renditions, uploads; a key for each recording and file. */
  @IsBoolean()
  encryptSpool = true;
}

export class WorkerConfig {
  /** Which stages this process works on. */
  @IsArray()
  @IsIn(STAGES, { each: true })
  stages: WorkerStage[] = [...STAGES];

  /** Threads that encode. */
  @IsInt()
  @Min(1)
  @Max(64)
  encodeThreads = 1;

  /** Uploads at once. */
  @IsInt()
  @Min(1)
  storeConcurrency = 8;

  /** Notifications at once. */
  @IsInt()
  @Min(1)
  deliverConcurrency = 64;

  /** How often the reconciler looks, seconds. */
  @IsInt()
  @Min(1)
  reconcileSeconds = 15;

  /** How often files and uploads that nobody needs are looked for, seconds. */
  @IsInt()
  @Min(1)
  housekeepingSeconds = 600;

  /** How often files whose time is over are looked for, seconds. */
  @IsInt()
  @Min(1)
  @Max(60)
  retentionCheckSeconds = 20;

  /** A recording or notification without progress for this long is looked at by the reconciler, seconds. */
  @IsInt()
  @Min(1)
  stuckAfterSeconds = 30;

  /** A job whose worker has died is taken over after this time at most, seconds. */
  @IsInt()
  @Min(4)
  @Max(3600)
  takeoverSeconds = 20;

  /** Tries to store a file before its recording fails; the pauses double from one second up to storeRetryMaxSeconds. */
  @IsInt()
  @Min(1)
  @Max(1000)
  storeAttempts = 40;

  /** Longest pause between two tries to store a file, seconds. */
  @IsInt()
  @Min(1)
  @Max(86_400)
  storeRetryMaxSeconds = 300;

  /** How long a stopping process waits for what it has begun before it leaves the rest to the next start, seconds. */
  @IsInt()
  @Min(1)
  @Max(600)
  stopSeconds = 20;
}

export class StorageConfig {
  /** Keep a local copy after an external store has confirmed the file. */
  @IsBoolean()
  keepRenditions = false;

  /** Lay a signed manifest beside every recording in an external store. */
  @IsBoolean()
  manifests = false;

  /** Files are deleted after this time where neither document nor application says another, seconds; absent: never. */
  @IsOptional()
  @IsInt()
  @Min(1)
  retentionSeconds?: number;
}

/** Writing recordings down. Applications may choose another engine by their settings. */
export class TranscriptionConfig {
  @IsIn(TRANSCRIPTION_ENGINES)
  engine: (typeof TRANSCRIPTION_ENGINES)[number] = 'none';

  /** Base URL of an OpenAI-compatible API (whisper.cpp server, faster-whisper and others). */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  openaiUrl?: string;

  @IsString()
  openaiModel = 'whisper-1';

  @IsOptional()
  @IsString()
  openaiKey?: string;

  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  deepgramUrl = 'https://api.deepgram.com';

  @IsString()
  deepgramModel = 'nova-3';

  @IsOptional()
  @IsString()
  deepgramKey?: string;

  /** Address of a Vosk server. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['ws', 'wss'] })
  voskUrl?: string;

  /** Recordings written down at once with each engine. */
  @IsInt()
  @Min(1)
  @Max(100)
  concurrency = 2;

  /** How long a transcription may take whose document does not say it, seconds. */
  @IsInt()
  @Min(1)
  @Max(604_800)
  timeoutSeconds = 3600;
}

/** Requests that leave the gateway: callbacks, documents, audio URLs, HTTP destinations. */
export class OutboundConfig {
  /** Allow plain http. */
  @IsBoolean()
  allowHttp = false;

  /** Allow loopback and private networks. */
  @IsBoolean()
  allowPrivateNetworks = false;

  /** Time for one request, ms. */
  @IsInt()
  @Min(100)
  timeoutMs = 15_000;

  /** Largest document or answer that is read, bytes. */
  @IsInt()
  @Min(1024)
  maxBodyBytes = 1_048_576;
}

/** How prompts are spoken into calls. */
export class SpeechConfig {
  /**
   * `espeak`: the program espeak-ng; `http`: a server; `none`: prompts are timed by their length and not heard; `auto`:
   * espeak-ng where it is installed, else none.
   */
  @IsIn(SPEECH_ENGINES)
  engine: SpeechEngineName = 'auto';

  /** For `http`: the address that takes `POST /v1/audio/speech` as OpenAI's does; may be http and on the own network. */
  @ValidateIf(({ engine, url }: SpeechConfig) => engine === 'http' || url !== undefined)
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  url?: string;

  /** For `http`: sent as bearer token. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  apiKey?: string;

  /** For `http`: model and voice, in the server's words. */
  @IsString()
  model = 'tts-1';

  @IsString()
  voice = 'alloy';
}

/** Calls that applications have their vendor make. */
export class CallsConfig {
  /** Each is told here by POST, with the addresses that wait for its audio, so that a carrier connector can bring it. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  offerUrl?: string;

  /** Standard Webhooks key (`whsec_…`) that signs what is told. */
  @IsOptional()
  @Matches(/^(whsec_)?[A-Za-z0-9+/]{20,}={0,2}$/)
  offerKey?: string;
}

export class LogConfig {
  @IsIn(LOG_LEVELS)
  level: LogLevel = 'info';
}

/** The whole configuration, read once at the start. */
export class RecgateConfig {
  /** How applications reach this gateway; file links and callbacks are built on it. Absent: the listening address. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  publicUrl?: string;

  /** Where spool, renditions, media store, keys and the private Redis live. */
  @IsString()
  @IsNotEmpty()
  dataDirectory = '.recgate';

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => TenantConfig)
  tenants: TenantConfig[] = [];

  @ValidateNested()
  @Type(() => HttpConfig)
  http: HttpConfig = new HttpConfig();

  @ValidateNested()
  @Type(() => RedisConfig)
  redis: RedisConfig = new RedisConfig();

  @ValidateNested()
  @Type(() => MediaConfig)
  media: MediaConfig = new MediaConfig();

  @ValidateNested()
  @Type(() => WorkerConfig)
  worker: WorkerConfig = new WorkerConfig();

  @ValidateNested()
  @Type(() => StorageConfig)
  storage: StorageConfig = new StorageConfig();

  @ValidateNested()
  @Type(() => TranscriptionConfig)
  transcription: TranscriptionConfig = new TranscriptionConfig();

  @ValidateNested()
  @Type(() => OutboundConfig)
  outbound: OutboundConfig = new OutboundConfig();

  @ValidateNested()
  @Type(() => SpeechConfig)
  speech: SpeechConfig = new SpeechConfig();

  @ValidateNested()
  @Type(() => CallsConfig)
  calls: CallsConfig = new CallsConfig();

  @ValidateNested()
  @Type(() => LogConfig)
  log: LogConfig = new LogConfig();
}
