// The arrows of the house. Each rule says in a sentence what it keeps apart; the test command runs them.
const LIBS = '^libs/([^/]+)/';
const MEDIA_USERS = 'recording-engine|capture|encoding|prompts|transcription';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one idea in two places.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nobody-imports-apps',
      comment: 'Apps are wiring; nothing is built on them. Benches and tests start them.',
      severity: 'error',
      from: { path: '^(libs|examples)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'model-imports-nothing',
      comment: 'The words of the house depend on no lib and no package.',
      severity: 'error',
      from: { path: '^libs/recording-model/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/recording-model/', '^(node:)?stream$'] },
    },
    {
      name: 'media-and-config-import-no-lib',
      comment: 'Signal processing and configuration stand alone.',
      severity: 'error',
      from: { path: '^libs/(media|config)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: '^libs/$1/' },
    },
    {
      name: 'libs-see-the-model-only',
      comment: 'A lib builds on recording-model and telemetry; everything else comes through a port.',
      severity: 'error',
      from: { path: LIBS, pathNot: [`^libs/(${MEDIA_USERS}|orchestration|testing)/`, '\\.spec\\.ts$', '^libs/storage/testing/', '^libs/capture/testing/'] },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/(recording-model|telemetry)/'] },
    },
    {
      name: 'media-users',
      comment: 'Engine, capture, encoding, prompts and transcription may also use media; capture drives the engine.',
      severity: 'error',
      from: { path: `^libs/(${MEDIA_USERS})/`, pathNot: ['\\.spec\\.ts$', '/testing/'] },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/(recording-model|telemetry|media)/', '^libs/recording-engine/'] },
    },
    {
      name: 'only-capture-drives-the-engine',
      comment: 'Decisions about a recording are made where its audio is.',
      severity: 'error',
      from: { path: '^libs/(encoding|prompts|transcription)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/recording-engine/' },
    },
    {
      name: 'orchestration-sees-ports-and-the-flow',
      comment: 'Use cases know ports and the pure call-flow runner, no implementation; their specs may.',
      severity: 'error',
      from: { path: '^libs/orchestration/', pathNot: ['\\.spec\\.ts$', '/spec-support/'] },
      to: { path: '^libs/', pathNot: ['^libs/orchestration/', '^libs/(recording-model|telemetry|call-flow)/'] },
    },
    {
      name: 'testing-for-specs-only',
      comment: 'Product code never leans on test helpers.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '/(testing|spec-support)/'] },
      to: { path: '/(testing|spec-support)/' },
    },
    {
      name: 'libs-through-their-index',
      comment: 'A lib is used through its index.ts.',
      severity: 'error',
      from: { path: LIBS },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/index\\.ts$', '^libs/[^/]+/testing/index\\.ts$'] },
    },
    {
      name: 'apps-through-the-index',
      comment: 'Apps, too, use a lib, or one vendor of it, through its index.ts.',
      severity: 'error',
      from: { path: '^(apps|bench|examples|test)/' },
      to: { path: '^libs/', pathNot: ['^libs/[^/]+/index\\.ts$', '^libs/[^/]+/testing/index\\.ts$', '^libs/vendor-adapters/[^/]+/index\\.ts$'] },
    },
    {
      name: 'vendors-apart',
      comment: 'A vendor never imports another vendor.',
      severity: 'error',
      from: { path: '^libs/vendor-adapters/([^/]+)/' },
      to: { path: '^libs/vendor-adapters/[^/]+/', pathNot: ['^libs/vendor-adapters/$1/', '^libs/vendor-adapters/shared/'] },
    },
    {
      name: 'stores-apart',
      comment: 'A storage driver never imports another driver.',
      severity: 'error',
      from: { path: '^libs/storage/([^/]+)/' },
      to: { path: '^libs/storage/[^/]+/', pathNot: ['^libs/storage/$1/', '^libs/storage/(shared|testing)/'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/'] },
    tsConfig: { fileName: 'tsconfig.cruise.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js'] },
  },
};
