import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, type RecgateConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { createRuntime, type Runtime } from './runtime.js';
import { keepFilesPrivate } from './private-files.js';
import { startFault } from './start-fault.js';
import { untilSignal } from './until-signal.js';

type StartRole = (runtime: Runtime, config: RecgateConfig) => Promise<{ stop(): Promise<void> }>;

/** Runs one role as a process of its own: `--config FILE` and `REDIS_URL` as everywhere, until SIGTERM. */
export async function runRole(start: StartRole): Promise<void> {
  try {
    await run(start);
  } catch (thrown) {
    const fault = thrown instanceof ConfigError ? thrown.message : startFault(thrown);
    if (fault === null) throw thrown;
    process.stderr.write(`recgate: cannot start: ${fault}\n`);
    process.exit(thrown instanceof ConfigError ? 2 : 1);
  }
}

async function run(start: StartRole): Promise<void> {
  const asked = untilSignal();
  keepFilesPrivate();
  const { values } = parseArgs({ options: { config: { type: 'string' }, stages: { type: 'string' } } });
  const config = loadConfig({ environment: process.env, ...(values.config === undefined ? {} : { file: values.config }) });
  if (config.redis.url === undefined) throw new ConfigError(['redis.url: a role on its own needs the Redis it shares with the others; set it or REDIS_URL']);
  if (values.stages !== undefined) config.worker.stages = values.stages.split(',') as RecgateConfig['worker']['stages'];
  const log = createLogger(config.log.level);
  const runtime = await createRuntime(config, config.redis.url, log);
  const role = await start(runtime, config);
  log.info({ pid: process.pid }, 'started');
  await asked;
  await role.stop();
  await runtime.close();
  // A connection that will not close must not keep the process.
  setTimeout(() => process.exit(), 1000).unref();
}
