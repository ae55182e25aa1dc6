export { aculabAdapter } from './aculab.adapter.js';
export { withRequestFacts } from './aculab.error-form.js';
export { instanceIdOf } from './aculab.names.js';
