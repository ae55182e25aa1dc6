import 'reflect-metadata';
import { Command, CommanderError } from 'commander';
import { registerDemoCommand } from './demo/demo.command.js';
import { registerSimulateCommand } from './simulate/simulate.command.js';
import { registerUpCommand } from './up/up.command.js';

/** Every command of `recgate` that is built: one folder each, registered here. The launcher itself does `test` and `doctor`. */
const REGISTER: readonly ((program: Command) => void)[] = [registerDemoCommand, registerUpCommand, registerSimulateCommand];

/** Wrong usage, as for a wrong document. */
const EXIT_USAGE = 2;

async function main(): Promise<void> {
  const program = new Command('recgate')
    .description('Cross-vendor call-recording gateway')
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride();
  for (const register of REGISTER) register(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync();
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    process.exitCode = thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

await main();
