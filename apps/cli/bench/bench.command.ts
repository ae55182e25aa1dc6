import type { Command } from 'commander';
import { runBenches } from './run-benches.js';

/** `recgate bench`: the measurements, one after the other; a bench measures and asserts nothing. */
export function registerBenchCommand(program: Command): void {
  program
    .command('bench')
    .description('run the measurements (all, or the named ones) and print what they found')
    .argument('[names...]', 'which; see --list')
    .option('--list', 'only say which there are')
    .option('--json <file>', 'also write the reports to a file, as a JSON array')
    .action(async (names: string[], options: { list?: boolean; json?: string }) => {
      process.exitCode = await runBenches(names, options);
    });
}
