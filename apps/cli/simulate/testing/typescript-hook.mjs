// Lets a plain `node` run the TypeScript sources: finds the files that the build would have put where the imports point to.
import { registerHooks } from 'node:module';

const root = new URL('../../../../', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const lib = /^#libs\/(.+)$/.exec(specifier);
    if (lib !== null) return next(`${root}libs/${lib[1]}/index.ts`, context);
    const isOwn = /^\.\.?\/.*\.js$/.test(specifier) && context.parentURL?.startsWith(root) && !context.parentURL.includes('/node_modules/');
    return next(isOwn ? `${specifier.slice(0, -2)}ts` : specifier, context);
  },
});
