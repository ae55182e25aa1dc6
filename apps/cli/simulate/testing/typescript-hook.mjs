// Lets a plain `node` run the TypeScript sources: compiles them as they are loaded and finds the files that the build
// would have put where the imports point to.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const root = new URL('../../../../', import.meta.url).href;

const options = {
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

registerHooks({
  resolve(specifier, context, next) {
    const lib = /^#libs\/(.+)$/.exec(specifier);
    if (lib !== null) return next(`${root}libs/${lib[1]}/index.ts`, context);
    const isOwn =
      /^\.\.?\/.*\.js$/.test(specifier) &&
      context.parentURL?.startsWith(root) &&
      !context.parentURL.includes('/node_modules/');
    return next(isOwn ? `${specifier.slice(0, -2)}ts` : specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    const filename = fileURLToPath(url);
    return {
      format: 'module',
      shortCircuit: true,
      source: transformSync(readFileSync(filename, 'utf8'), { ...options, filename }).code,
    };
  },
});
