import type { Command } from 'commander';
import { VENDOR_NAMES } from '#libs/recording-model';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { RawOptions } from './simulate-options.js';
import { DOCUMENT_URLS, START_TIME } from './vendor-defaults.js';

/** `recgate simulate`: one vendor document against audio files, in media time, without a server. */
export function registerSimulateCommand(program: Command): void {
  const several = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];
  program
    .command('simulate')
    .description('Run one vendor document against audio files in media time and print what comes of it as JSON lines')
    .requiredOption('--vendor <name>', VENDOR_NAMES.join(', '))
    .requiredOption('--document <file>', 'the document; - for standard input')
    .option(
      '--audio <wav>',
      'audio of the caller; a stereo file without --callee holds caller (left) and callee (right)',
    )
    .option('--callee <wav>', 'audio of the callee')
    .option('--dtmf <keys>', "keys the caller presses, at media times in seconds: '2.0:#,3.5:1'")
    .option('--answer-at <s>', 'the call rings until then (default: answered at 0)')
    .option('--bridge-at <s>', 'the other party is connected then (default: never)')
    .option('--hangup-at <s>', 'the call ends then (default: when the flow ends, at the latest with the longest audio)')
    .option('--hangup-by <party>', 'caller or callee (default: caller)')
    .option(
      '--call <json>',
      'callId, from, to, direction, conferenceId and the vendor’s own identity fields; @file reads a file',
    )
    .option(
      '--document-url <url>',
      'where the document came from; relative URLs are resolved against it (default: see below)',
    )
    .option(
      '--respond <url=file>',
      'what the application answers at a URL, with or without its query; several for one URL are given in order; others answer 404 (repeatable)',
      several,
    )
    .option(
      '--instruct <s=file>',
      'a document handed to the running call then: a Kazoo metaflow, a Sinch Manage Call request, FlexML or Aculab actions in place of the rest (repeatable)',
      several,
    )
    .option('--set <key=value>', 'a setting of the application, see below (repeatable)', several)
    .option(
      '--role <role>',
      'what kind of document it is: Sinch ice, ace, pie or manage, Kazoo saved or metaflow (default: flow)',
    )
    .option('--seed <text>', 'the same seed gives the same ids (default: 0)')
    .option('--start-time <iso>', `wall time of media time 0 (default: ${START_TIME})`)
    .option('--out <directory>', 'where the recordings are written (default: ./recgate-out)')
    .option('--deliver', 'really send notifications, flow requests and uploads; without it nothing leaves the machine')
    .option('--allow-private', 'with --deliver: also to http: and to loopback and private addresses')
    .addHelpText('after', () => `${behaviourHelp()}\n${settingsHelp()}`)
    .action(async (options: RawOptions) => {
      const { runSimulateCommand } = await import('./run-simulate-command.js');
      // Whoever reads the pipe may have read enough.
      process.stdout.on('error', () => undefined);
      process.exitCode = await runSimulateCommand(options, process.stdout, process.stderr);
    });
}

function behaviourHelp(): string {
  const urls = VENDOR_NAMES.map((vendor) => `  ${vendor.padEnd(8)} ${DOCUMENT_URLS[vendor]}`).join('\n');
  return `
Times are media time in seconds. Audio shorter than the call continues as silence. Without --deliver an upload counts as
stored (state available, "stored": false) and the file lies in --out. With --deliver signatures bear the virtual time: give
--start-time where the receiver checks it.

Exit codes: 0 the run came to its end, 1 the gateway failed, 2 the document, the audio or the options are wrong.

Default of --document-url:
${urls}`;
}

function settingsHelp(): string {
  return VENDOR_NAMES.map((vendor) => {
    const rows = VENDOR_ADAPTERS[vendor].settings.map((setting) => {
      const notes = [
        setting.secret === true ? 'secret' : '',
        setting.default === undefined ? '' : `default: ${setting.default === '' ? 'empty' : setting.default}`,
      ];
      const extra = notes.filter((note) => note !== '').join(', ');
      return `  ${setting.key.padEnd(24)} ${setting.description}${extra === '' ? '' : ` (${extra})`}`;
    });
    return `\n--set for ${vendor}:\n${rows.join('\n')}`;
  }).join('\n');
}
