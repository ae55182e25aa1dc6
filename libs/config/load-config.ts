import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { parse } from 'yaml';
import { RecgateConfig } from './config.dto.js';

/** The configuration cannot be used; the message names every key at fault and no value. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is invalid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

export interface ConfigSources {
  /** YAML file; absent: defaults only. */
  readonly file?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the configuration once: file, then environment (`REDIS_URL`, `RECGATE_API_KEY`, `RECGATE_DATA`), then checks.
 * @throws ConfigError naming the keys at fault
 */
export function loadConfig(sources: ConfigSources): RecgateConfig {
  const tree = sources.file === undefined ? {} : readTree(sources.file);
  const config = plainToInstance(RecgateConfig, tree, { exposeDefaultValues: true });
  applyEnvironment(config, sources.environment);
  const faults = validate(config);
  // What belongs together is only looked at when each value is of its kind.
  if (faults.length === 0) faults.push(...crossChecks(config));
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function readTree(file: string): object {
  let tree: unknown;
  try {
    tree = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError([`${file} cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown reason'}`]);
  }
  if (tree === null) return {};
  if (typeof tree !== 'object' || Array.isArray(tree)) throw new ConfigError([`${file} must be a mapping of keys`]);
  const faults = listsForMappings(tree, new RecgateConfig(), '');
  if (faults.length > 0) throw new ConfigError(faults);
  return tree;
}

/** A list in place of a mapping would count as a mapping without keys. */
function listsForMappings(tree: object, defaults: object, parent: string): string[] {
  const own = new Map(Object.entries(defaults));
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    const expected: unknown = own.get(key);
    if (!isMapping(expected) || typeof value !== 'object' || value === null) return [];
    return isMapping(value) ? listsForMappings(value, expected, `${parent}${key}.`) : [`${parent}${key}: must be a mapping of keys`];
  });
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function applyEnvironment(config: RecgateConfig, environment: ConfigSources['environment']): void {
  const { REDIS_URL: redisUrl, RECGATE_API_KEY: apiKey, RECGATE_DATA: dataDirectory } = environment;
  if (redisUrl !== undefined && redisUrl !== '') config.redis.url = redisUrl;
  if (dataDirectory !== undefined && dataDirectory !== '') config.dataDirectory = dataDirectory;
  if (apiKey !== undefined && apiKey !== '') config.tenants = [...config.tenants, { id: 'main', apiKeys: [apiKey] }];
}

function validate(config: RecgateConfig): string[] {
  return flatten(validateSync(config, { whitelist: true, forbidNonWhitelisted: true }), '');
}

function flatten(errors: readonly ValidationError[], parent: string): string[] {
  return errors.flatMap((error) => {
    const path = parent === '' ? error.property : `${parent}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((text) => `${path}: ${text}`);
    return [...own, ...flatten(error.children ?? [], path)];
  });
}

/** Addresses that stand for every address of the machine: one can listen there, but not send there. */
const EVERY_ADDRESS: readonly string[] = ['0.0.0.0', '::'];

function crossChecks(config: RecgateConfig): string[] {
  const faults: string[] = [];
  const { media, transcription, http } = config;
  if (media.publicAddress === undefined && EVERY_ADDRESS.includes(media.address)) {
    faults.push('media.publicAddress: is needed, because nobody can send audio to what media.address says');
  }
  const { engine } = transcription;
  if ((engine === 'openai' || engine === 'vosk') && transcription[`${engine}Url`] === undefined) {
    faults.push(`transcription.${engine}Url: is needed for the engine ${engine}`);
  }
  const hosts = Object.values(http.doorHosts as unknown as Record<string, string[]>).flatMap((names) => names.map((name) => name.toLowerCase()));
  if (new Set(hosts).size !== hosts.length) faults.push('http.doorHosts: a host name belongs to one door only');
  if (config.media.rtpPortTo - config.media.rtpPortFrom < 3) faults.push('media.rtpPortTo must leave room for at least one call above media.rtpPortFrom');
  const keys = config.tenants.flatMap((tenant) => tenant.apiKeys);
  if (keys.some((key) => key.length < 16)) faults.push('tenants.apiKeys: every key needs 16 characters or more');
  if (new Set(keys).size !== keys.length) faults.push('tenants.apiKeys: one key belongs to one tenant only');
  return faults;
}
