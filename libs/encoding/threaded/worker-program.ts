import { Worker } from 'node:worker_threads';

/** True when this code runs from its TypeScript source (tests), not from the build. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');

/**
 * Lets a thread run TypeScript source: Node compiles it by itself, this finds the files that the build would have
 * put where the imports point to.
 */
const SOURCE_LOADER = `
  import { registerHooks } from 'node:module';
  import { workerData } from 'node:worker_threads';
  registerHooks({
    resolve(specifier, context, next) {
      const lib = /^#libs\\/(.+)$/.exec(specifier);
      if (lib !== null) return next(new URL(lib[1] + '/index.ts', workerData.libs).href, context);
      const isOwn = /^\\.\\.?\\/.*\\.js$/.test(specifier) && context.parentURL.startsWith(workerData.libs);
      return next(isOwn ? specifier.slice(0, -2) + 'ts' : specifier, context);
    },
  });
  await import(workerData.program);
`;

/** The programs of threads, as files below this lib without their extension. */
export type ThreadProgram = 'threaded/encoder.worker' | 'following/follower.worker';

/** Starts a thread's program: the compiled one, or from source the same file as TypeScript. */
export function startThread(program: ThreadProgram): Worker {
  if (!FROM_SOURCE) return new Worker(new URL(`../${program}.js`, import.meta.url));
  const workerData = {
    program: new URL(`../${program}.ts`, import.meta.url).href,
    libs: new URL('../../', import.meta.url).href,
  };
  // Parameter properties are allowed in the source, so the types are not just stripped but compiled away.
  const execArgv = ['--experimental-transform-types', '--no-warnings'];
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(SOURCE_LOADER)}`), { workerData, execArgv });
}
