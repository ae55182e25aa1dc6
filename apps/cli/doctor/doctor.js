// What this machine lacks and how to get it. Plain JavaScript: it must run before anything is installed or built.
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const GIB = 1024 ** 3;

/** Each check answers null when all is well, else what to do. `needed: false`: only some commands want it. */
const CHECKS = [
  { name: 'Node 20 or newer', needed: true, fault: () => (major(process.versions.node) >= 20 ? null : 'install Node 20 or newer') },
  { name: 'npm', needed: true, fault: () => (works('npm', '--version') ? null : 'install npm (it comes with Node)') },
  { name: 'packages', needed: true, fault: () => (existsSync(join(root, 'node_modules', 'bullmq')) ? null : 'run ./recgate demo once, or npm install') },
  { name: 'Node 24 of the packages', needed: true, fault: node24Fault },
  { name: 'redis-server (or REDIS_URL)', needed: true, fault: redisFault },
  { name: 'ffmpeg (tests only)', needed: false, fault: () => (works('ffmpeg', '-version') ? null : 'apt-get install ffmpeg') },
  { name: 'espeak-ng (speaks prompts into calls; tests)', needed: false, fault: () => (works('espeak-ng', '--version') ? null : 'apt-get install espeak-ng, or set speech.engine; without it prompts are not heard') },
  { name: 'pocketsphinx (offline transcription; tests)', needed: false, fault: () => (onPath('pocketsphinx_continuous') ? null : 'apt-get install pocketsphinx pocketsphinx-en-us') },
  { name: 'openssl (tests only)', needed: false, fault: () => (works('openssl', 'version') ? null : 'apt-get install openssl') },
  { name: 'pyftpdlib (tests only)', needed: false, fault: () => (existsSync('/usr/lib/python3/dist-packages/pyftpdlib') ? null : 'apt-get install python3-pyftpdlib') },
  { name: 'project directory is writable', needed: true, fault: writableFault },
  { name: '2 GiB of free disk', needed: false, fault: diskFault },
  { name: '1 GiB of memory', needed: false, fault: () => (totalmem() >= GIB ? null : 'use a machine with more memory') },
];

let missing = 0;
for (const { name, needed, fault } of CHECKS) {
  const remedy = fault();
  if (remedy !== null && needed) missing += 1;
  const mark = remedy === null ? 'ok     ' : needed ? 'MISSING' : 'advice ';
  process.stdout.write(`${mark}  ${name}${remedy === null ? '' : `: ${remedy}`}\n`);
}
process.stdout.write(missing === 0 ? 'Nothing needed is missing.\n' : `${missing} needed, missing.\n`);
process.exit(missing === 0 ? 0 : 1);

function major(version) {
  return Number(version.replace(/^v/, '').split('.')[0]);
}

function works(command, flag) {
  return spawnSync(command, [flag], { stdio: 'ignore' }).status === 0;
}

/** For programs that do not end with 0 when they are asked who they are. */
function onPath(command) {
  return (process.env['PATH'] ?? '').split(':').some((directory) => directory !== '' && existsSync(join(directory, command)));
}

function node24Fault() {
  const own = join(root, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(own)) {
    const version = spawnSync(own, ['--version'], { encoding: 'utf8' }).stdout ?? '';
    return major(version.trim() || 'v0') >= 22 ? null : 'remove node_modules and run ./recgate demo';
  }
  return major(process.versions.node) >= 22 ? null : 'run ./recgate demo once: it brings Node 24 through npm';
}

function redisFault() {
  if (process.env['REDIS_URL'] || works('redis-server', '--version')) return null;
  return 'apt-get install redis-server, or set REDIS_URL';
}

function writableFault() {
  try {
    accessSync(root, constants.W_OK);
    return null;
  } catch {
    return `give yourself the right to write to ${root}`;
  }
}

function diskFault() {
  const { bavail, bsize } = statfsSync(root);
  return bavail * bsize >= 2 * GIB ? null : 'free some disk';
}
