import { Command, CommanderError } from 'commander';

type Register = (program: Command) => void;

/**
 * Every command of `recgate` that is built: one folder each. Only the one that is asked for is loaded; the launcher
 * itself does `test` and `doctor`.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  demo: async () => {
    await import('reflect-metadata');
    return (await import('./demo/demo.command.js')).registerDemoCommand;
  },
  up: async () => {
    await import('reflect-metadata');
    return (await import('./up/up.command.js')).registerUpCommand;
  },
  bench: async () => (await import('./bench/bench.command.js')).registerBenchCommand,
  simulate: async () => (await import('./simulate/simulate.command.js')).registerSimulateCommand,
};

/** What `./recgate` does itself. */
const OF_THE_LAUNCHER = `
Also:
  test                        run types, lint, layer rules, build and all tests
  doctor                      say what this machine lacks, and how to get it`;

/** Wrong usage, as for a wrong document. */
const EXIT_USAGE = 2;

async function main(asked: string | undefined): Promise<void> {
  const only = asked === undefined ? undefined : COMMANDS[asked];
  const program = new Command('recgate')
    .description('Cross-vendor call-recording gateway')
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText('after', only === undefined ? OF_THE_LAUNCHER : '')
    .exitOverride();
  for (const load of only === undefined ? Object.values(COMMANDS) : [only]) (await load())(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync();
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    process.exitCode = thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

await main(process.argv[2]);
