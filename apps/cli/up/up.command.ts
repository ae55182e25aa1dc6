import type { Command } from 'commander';
import { ConfigError, loadConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { startAllRoles } from '../../wiring/all-roles.js';
import { keepFilesPrivate } from '../../wiring/private-files.js';
import { startFault } from '../../wiring/start-fault.js';
import { untilSignal } from '../../wiring/until-signal.js';

/** `recgate up`: the whole gateway in one process, until stopped. */
export function registerUpCommand(program: Command): void {
  program
    .command('up')
    .description('run the gateway, all roles in one process, until stopped')
    .option('--config <file>', 'configuration (see recgate.example.yaml)')
    .action(async (options: { config?: string }) => {
      process.exitCode = await up(options.config);
      leaveSoon();
    });
}

/** Everything is let go of by now; a connection that will not close must not keep the process. */
function leaveSoon(): void {
  setTimeout(() => process.exit(), 1000).unref();
}

async function up(file: string | undefined): Promise<number> {
  const config = readConfig(file);
  if (config === null) return 2;
  // Asked to stop while it starts, it stops once it has started, so that its Redis does not outlive it.
  const asked = untilSignal();
  keepFilesPrivate();
  const say = (text: string) => process.stderr.write(`recgate: ${text}\n`);
  const roles = await startAllRoles(config, createLogger(config.log.level)).catch((thrown: unknown) => {
    const fault = startFault(thrown);
    if (fault === null) throw thrown;
    say(`cannot start: ${fault}`);
    return null;
  });
  if (roles === null) return 1;
  const { generated } = roles.runtime.apiKeys;
  say(`recording API                   ${roles.gateway.url}   (OpenAPI at ${roles.gateway.url}/docs)`);
  say(`RTP                             ${config.media.address}, ports ${config.media.rtpPortFrom}-${config.media.rtpPortTo}`);
  say(`WebSocket audio                 ${roles.mediaNode.websocketUrl}`);
  say(`Redis                           ${config.redis.url === undefined ? 'private, started here' : 'as configured'}`);
  say(`data                            ${config.dataDirectory}`);
  if (generated !== null) say(`API key                         in ${generated.file}`);
  say('ready; stop with Ctrl-C or SIGTERM');
  await asked;
  say('stopping: running recordings are finished and kept');
  await roles.stop();
  say('stopped');
  return 0;
}

function readConfig(file: string | undefined) {
  try {
    return loadConfig({ environment: process.env, ...(file === undefined ? {} : { file }) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`recgate: ${error.message}\n`);
    return null;
  }
}
