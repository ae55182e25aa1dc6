import { Worker } from 'node:worker_threads';

/** True when this code runs from its TypeScript source (tests), not from the build. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');

/** Makes Node find and compile TypeScript source where the build would have put JavaScript. */
const SOURCE_PROGRAM = `
  import { registerHooks } from 'node:module';
  import { workerData } from 'node:worker_threads';
  const { libs, program } = workerData;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier.startsWith('#libs/')) return next(libs + specifier.slice('#libs/'.length) + '/index.ts', context);
      const ownFile = specifier.startsWith('.') && context.parentURL.startsWith(libs);
      return next(ownFile ? specifier.replace(/\\.js$/, '.ts') : specifier, context);
    },
  });
  await import(program);
`;

/** Starts a thread that decodes audio: the compiled program, or from source the same file as TypeScript. */
export function startDecoderThread(): Worker {
  return FROM_SOURCE ? fromSource() : new Worker(new URL('./decoder.worker.js', import.meta.url));
}

function fromSource(): Worker {
  const workerData = {
    program: new URL('./decoder.worker.ts', import.meta.url).href,
    libs: new URL('../../', import.meta.url).href,
  };
  const program = new URL(`data:text/javascript,${encodeURIComponent(SOURCE_PROGRAM)}`);
  return new Worker(program, {
    workerData,
    execArgv: ['--experimental-transform-types', '--no-warnings'],
  });
}
