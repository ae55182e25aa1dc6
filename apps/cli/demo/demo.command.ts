import { mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { Command } from 'commander';
import { loadConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { startAllRoles } from '../../wiring/all-roles.js';
import { projectRoot } from '../project-root.js';
import { readConversation } from './conversation-sender.js';
import { formatTable } from './demo-report.js';
import { GatewayClient } from './gateway-client.js';
import { runDemo } from './run-demo.js';

/** `recgate demo`: everything from nothing, on real audio. */
export function registerDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('start everything on an embedded Redis, place one call per vendor, show files and events')
    .option('--json <file>', 'write the report as JSON, too')
    .option('--keep <directory>', 'where the files lie afterwards', '.recgate/demo')
    .action(async (options: { json?: string; keep: string }) => {
      process.exitCode = await demo(options);
    });
}

async function demo(options: { json?: string; keep: string }): Promise<number> {
  const startedAt = Date.now();
  const parent = resolve(projectRoot(), options.keep);
  mkdirSync(parent, { recursive: true });
  const dataDirectory = await mkdtemp(join(parent, 'run-'));
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`recgate: ${text}\n`);
  };
  const roles = await startAllRoles(demoConfig(dataDirectory), createLogger('error', process.stderr));
  try {
    const { generated } = roles.runtime.apiKeys;
    const client = new GatewayClient(roles.gateway.url, generated?.key ?? '');
    const conversation = readConversation(join(projectRoot(), 'examples', 'audio', 'conversation.wav'));
    const lines = await runDemo(client, roles.gateway.url, conversation, progress);
    const faults = lines.flatMap((line) => line.faults.map((fault) => `${line.vendor}: ${fault}`));
    const seconds = (Date.now() - startedAt) / 1000;
    process.stdout.write(`${formatTable(lines)}\n\nThe files lie in ${dataDirectory}. ${seconds.toFixed(1)} s.\n`);
    process.stdout.write(faults.length === 0 ? 'Everything promised happened.\n' : `${faults.length} promises were broken.\n`);
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ seconds, dataDirectory, ok: faults.length === 0, calls: lines }, null, 2)}\n`);
    }
    return faults.length === 0 ? 0 : 1;
  } finally {
    await roles.stop();
  }
}

/** Loopback only, free ports, plain http to the sample apps. */
function demoConfig(dataDirectory: string) {
  const config = loadConfig({ environment: {} });
  config.dataDirectory = dataDirectory;
  config.http.port = 0;
  config.media.websocketPort = 0;
  config.outbound.allowHttp = true;
  config.outbound.allowPrivateNetworks = true;
  return config;
}
