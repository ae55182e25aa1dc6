import { parseArgs } from 'node:util';
import { loadConfig, type RecgateConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { createRuntime, type Runtime } from './runtime.js';
import { untilSignal } from './until-signal.js';

/** Runs one role as a process of its own: `--config FILE` and `REDIS_URL` as everywhere, until SIGTERM. */
export async function runRole(start: (runtime: Runtime, config: RecgateConfig) => Promise<{ stop(): Promise<void> }>): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, stages: { type: 'string' } } });
  const config = loadConfig({ environment: process.env, ...(values.config === undefined ? {} : { file: values.config }) });
  if (config.redis.url === undefined) throw new Error('A role on its own needs a Redis it shares with the others: set REDIS_URL');
  if (values.stages !== undefined) config.worker.stages = values.stages.split(',') as RecgateConfig['worker']['stages'];
  const log = createLogger(config.log.level);
  const runtime = await createRuntime(config, config.redis.url, log);
  const role = await start(runtime, config);
  log.info({ pid: process.pid }, 'started');
  await untilSignal();
  await role.stop();
  await runtime.close();
  // A connection that will not close must not keep the process.
  setTimeout(() => process.exit(), 1000).unref();
}
