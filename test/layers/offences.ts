/** A file that breaks a rule, and what the checker must say about it. */
export interface Offence {
  /** What it does, in a sentence. */
  readonly title: string;
  /** Path of the offending file. */
  readonly file: string;
  /** Module it imports. */
  readonly imports: string;
  /** Rules it breaks. */
  readonly rules: readonly string[];
}

/** At least one offence for every rule; each file breaks exactly the rules that stand beside it. */
export const OFFENCES: readonly Offence[] = [
  { title: 'two files need each other', file: 'libs/delivery/chicken.ts', imports: './egg.js', rules: ['no-cycles'] },
  {
    title: 'a lib builds on an app',
    file: 'libs/delivery/on-app.ts',
    imports: '../../apps/cli/main.js',
    rules: ['nobody-imports-apps'],
  },
  {
    title: 'an example builds on an app',
    file: 'examples/on-app.ts',
    imports: '../apps/cli/main.js',
    rules: ['nobody-imports-apps'],
  },
  {
    title: 'the model uses a package',
    file: 'libs/recording-model/with-package.ts',
    imports: 'some-package',
    rules: ['model-imports-nothing'],
  },
  {
    title: 'the model uses a module of Node',
    file: 'libs/recording-model/with-files.ts',
    imports: 'node:fs',
    rules: ['model-imports-nothing'],
  },
  {
    title: 'the model uses a lib',
    file: 'libs/recording-model/with-lib.ts',
    imports: '#libs/telemetry',
    rules: ['model-imports-nothing'],
  },
  {
    title: 'media uses the model',
    file: 'libs/media/with-model.ts',
    imports: '#libs/recording-model',
    rules: ['media-and-config-import-no-lib'],
  },
  {
    title: 'config uses telemetry',
    file: 'libs/config/with-telemetry.ts',
    imports: '#libs/telemetry',
    rules: ['media-and-config-import-no-lib'],
  },
  {
    title: 'delivery knows a vendor',
    file: 'libs/delivery/with-vendor.ts',
    imports: '#libs/vendor-adapters',
    rules: ['libs-see-the-model-only'],
  },
  {
    title: 'a vendor knows the HTTP client',
    file: 'libs/vendor-adapters/flexml/with-client.ts',
    imports: '#libs/delivery',
    rules: ['libs-see-the-model-only'],
  },
  {
    title: 'the ledger knows the queues',
    file: 'libs/ledger/with-queues.ts',
    imports: '#libs/queues',
    rules: ['libs-see-the-model-only'],
  },
  {
    title: 'storage uses media',
    file: 'libs/storage/with-media.ts',
    imports: '#libs/media',
    rules: ['libs-see-the-model-only'],
  },
  {
    title: 'the engine knows the capture',
    file: 'libs/recording-engine/with-capture.ts',
    imports: '#libs/capture',
    rules: ['media-users'],
  },
  {
    title: 'capture encodes',
    file: 'libs/capture/with-encoding.ts',
    imports: '#libs/encoding',
    rules: ['media-users'],
  },
  {
    title: 'encoding drives the engine',
    file: 'libs/encoding/with-engine.ts',
    imports: '#libs/recording-engine',
    rules: ['only-capture-drives-the-engine'],
  },
  {
    title: 'prompts know the HTTP client',
    file: 'libs/prompts/with-client.ts',
    imports: '#libs/delivery',
    rules: ['media-users'],
  },
  {
    title: 'prompts drive the engine',
    file: 'libs/prompts/with-engine.ts',
    imports: '#libs/recording-engine',
    rules: ['only-capture-drives-the-engine'],
  },
  {
    title: 'transcription knows the HTTP client',
    file: 'libs/transcription/with-client.ts',
    imports: '#libs/delivery',
    rules: ['media-users'],
  },
  {
    title: 'transcription drives the engine',
    file: 'libs/transcription/with-engine.ts',
    imports: '#libs/recording-engine',
    rules: ['only-capture-drives-the-engine'],
  },
  {
    title: 'orchestration knows the Redis ledger',
    file: 'libs/orchestration/with-ledger.ts',
    imports: '#libs/ledger',
    rules: ['orchestration-sees-ports-and-the-flow'],
  },
  {
    title: 'orchestration knows a vendor',
    file: 'libs/orchestration/with-vendor.ts',
    imports: '#libs/vendor-adapters',
    rules: ['orchestration-sees-ports-and-the-flow'],
  },
  {
    title: 'an app leans on test helpers',
    file: 'apps/cli/with-testing.ts',
    imports: '#libs/testing',
    rules: ['testing-for-specs-only'],
  },
  {
    title: 'a lib leans on test helpers',
    file: 'libs/delivery/with-testing.ts',
    imports: '#libs/testing',
    rules: ['libs-see-the-model-only', 'testing-for-specs-only'],
  },
  {
    title: 'a vendor leans on its own test helpers',
    file: 'libs/vendor-adapters/sinch/with-testing.ts',
    imports: './testing/parsing.js',
    rules: ['testing-for-specs-only'],
  },
  {
    title: 'a lib reaches into another',
    file: 'libs/delivery/past-the-index.ts',
    imports: '../telemetry/logger.js',
    rules: ['libs-through-their-index'],
  },
  {
    title: 'an app reaches into a lib',
    file: 'apps/cli/past-the-index.ts',
    imports: '../../libs/telemetry/logger.js',
    rules: ['apps-through-the-index'],
  },
  {
    title: 'a bench reaches into a lib',
    file: 'bench/past-the-index.ts',
    imports: '../libs/telemetry/logger.js',
    rules: ['apps-through-the-index'],
  },
  {
    title: 'a vendor uses another',
    file: 'libs/vendor-adapters/kazoo/with-flexml.ts',
    imports: '../flexml/index.js',
    rules: ['vendors-apart'],
  },
  {
    title: 'a fifth vendor uses another',
    file: 'libs/vendor-adapters/fifth/with-sinch.ts',
    imports: '../sinch/index.js',
    rules: ['vendors-apart'],
  },
  {
    title: 'the shared part knows a vendor',
    file: 'libs/vendor-adapters/shared/with-sinch.ts',
    imports: '../sinch/index.js',
    rules: ['vendors-apart'],
  },
  {
    title: 'a store uses another',
    file: 'libs/storage/gcs/with-s3.ts',
    imports: '../s3/s3.store.js',
    rules: ['stores-apart'],
  },
  {
    title: 'the shared part knows a store',
    file: 'libs/storage/shared/with-s3.ts',
    imports: '../s3/s3.store.js',
    rules: ['stores-apart'],
  },
  { title: 'an import leads nowhere', file: 'libs/delivery/lost.ts', imports: './nowhere.js', rules: ['resolvable'] },
];

/** Imports that the house allows: `[file, module]`. Of a cycle, one file is reported; the other stands here. */
export const ALLOWED: readonly (readonly [file: string, imports: string])[] = [
  ['libs/delivery/egg.ts', './chicken.js'],
  ['apps/cli/main.ts', '#libs/delivery'],
  ['apps/cli/doctor.ts', '../wiring/runtime.js'],
  ['apps/cli/cli.spec.ts', '#libs/testing'],
  ['bench/engine.bench.ts', '../apps/wiring/runtime.js'],
  ['examples/app.ts', '#libs/recording-model'],
  ['libs/recording-model/port.ts', 'node:stream'],
  ['libs/config/file.ts', 'some-package'],
  ['libs/delivery/client.ts', '#libs/recording-model'],
  ['libs/delivery/counted.ts', '#libs/telemetry'],
  ['libs/delivery/client.spec.ts', '#libs/testing'],
  ['libs/recording-engine/silence.ts', '#libs/media'],
  ['libs/capture/receiver.ts', '#libs/recording-engine'],
  ['libs/encoding/wav.ts', '#libs/media'],
  ['libs/orchestration/session.ts', '#libs/call-flow'],
  ['libs/vendor-adapters/flexml/reader.ts', '../shared/index.js'],
  ['libs/vendor-adapters/sinch/sinch.spec.ts', './testing/parsing.js'],
  ['libs/storage/gcs/keys.ts', '../shared/keys.js'],
  ['libs/storage/gcs/gcs.spec.ts', '../testing/index.js'],
];

/** Files that the others import and that import nothing themselves. */
export const GROUND: readonly string[] = [
  ...[
    'call-flow',
    'capture',
    'config',
    'delivery',
    'encoding',
    'ledger',
    'media',
    'orchestration',
    'prompts',
    'queues',
  ].map(indexOf),
  ...[
    'recording-engine',
    'recording-model',
    'secrets',
    'storage',
    'telemetry',
    'testing',
    'transcription',
    'vendor-adapters',
  ].map(indexOf),
  ...['flexml', 'kazoo', 'sinch', 'shared'].map((vendor) => `libs/vendor-adapters/${vendor}/index.ts`),
  'libs/vendor-adapters/sinch/testing/parsing.ts',
  'libs/telemetry/logger.ts',
  'libs/storage/s3/s3.store.ts',
  'libs/storage/shared/keys.ts',
  'libs/storage/testing/index.ts',
  'apps/wiring/runtime.ts',
];

function indexOf(lib: string): string {
  return `libs/${lib}/index.ts`;
}
