import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

/** Resolves `#libs/…` and `….js` to the TypeScript sources, so that a child process of a test needs no build. */
const RESOLVER = `
import { registerHooks } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
const libs = pathToFileURL(process.cwd() + '/libs/').href;
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('#libs/')) return next(libs + specifier.slice(6) + '/index.ts', context);
    if (/^\\.{1,2}\\/.*\\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
      const source = new URL(specifier.slice(0, -3) + '.ts', context.parentURL);
      if (existsSync(fileURLToPath(source))) return next(source.href, context);
    }
    return next(specifier, context);
  },
});`;

export const TYPESCRIPT_ARGUMENTS = [
  '--experimental-transform-types',
  '--no-warnings',
  `--import=data:text/javascript,${encodeURIComponent(RESOLVER)}`,
];

export interface TypescriptChildOptions {
  /** Shell words put before the command, such as `ulimit -f 100;`. */
  readonly shell?: string;
}

/** Starts a TypeScript file of this repository in a process of its own; its path is relative to the repository's root. */
export function startTypescript(file: string, argv: readonly string[], options: TypescriptChildOptions = {}): ChildProcess {
  const command = [process.execPath, ...TYPESCRIPT_ARGUMENTS, resolve(file), ...argv];
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const env = { ...process.env, NODE_OPTIONS: '' };
  if (options.shell === undefined) return spawn(command[0] ?? '', command.slice(1), { stdio, env });
  return spawn('bash', ['-c', `${options.shell} exec "$@"`, 'bash', ...command], { stdio, env });
}
