import { join } from 'node:path';
import { RecgateError, type VendorName } from '#libs/recording-model';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { startFault } from '../../wiring/start-fault.js';
import { readOptions, type RawOptions } from './simulate-options.js';
import { simulate } from './simulate.js';
import { UsageError } from './usage-error.js';

/** Where text goes; a terminal also gets the progress. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const EXIT = { done: 0, failed: 1, wrongInput: 2 } as const;

/** Progress is shown every so much media time, ms. */
const PROGRESS_EVERY_MS = 60_000;

/** Runs the command and answers with its exit code. */
export async function runSimulateCommand(raw: RawOptions, stdout: TextOutput, stderr: TextOutput): Promise<number> {
  const progress = progressOn(stderr);
  try {
    const options = readOptions(raw);
    const wayOut = options.deliver
      ? (await import('./way-out.js')).createWayOut(options.allowPrivate, join(options.outDirectory, 'media'))
      : null;
    try {
      stdout.write(await simulate(options, { wayOut, progress: progress.show }));
    } finally {
      await wayOut?.close();
      progress.clear();
    }
    return EXIT.done;
  } catch (thrown) {
    return report(thrown, raw.vendor as VendorName, stdout, stderr);
  }
}

function report(thrown: unknown, vendor: VendorName, stdout: TextOutput, stderr: TextOutput): number {
  const tell = (text: string): void => void stderr.write(`recgate simulate: ${text}\n`);
  if (thrown instanceof UsageError || (thrown instanceof RecgateError && isOfTheCommand(thrown))) {
    tell(thrown.message);
    return EXIT.wrongInput;
  }
  if (thrown instanceof RecgateError && (thrown.blame === 'request' || thrown.blame === 'media')) {
    stdout.write(`${JSON.stringify(errorLine(thrown, vendor))}\n`);
    return EXIT.wrongInput;
  }
  const fault = thrown instanceof RecgateError ? null : startFault(thrown);
  tell(fault ?? (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)));
  return EXIT.failed;
}

/** Settings and files are named on the command line, not in the document. */
function isOfTheCommand({ code, field }: RecgateError): boolean {
  return (
    code === 'request.invalid' ||
    code === 'request.not_found' ||
    code.startsWith('media.') ||
    field?.startsWith('settings.') === true
  );
}

/** The vendor's own answer to a document that cannot be carried out, and where the fault lies. */
function errorLine(error: RecgateError, vendor: VendorName): object {
  const { code, message, field, position } = error;
  return {
    type: 'error',
    vendor,
    code,
    message,
    field: field ?? null,
    position: position ?? null,
    ...VENDOR_ADAPTERS[vendor].renderError(error),
  };
}

function progressOn(stderr: TextOutput): { show: (mediaTimeMs: number) => void; clear: () => void } {
  let shown = 0;
  if (stderr.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  return {
    show(mediaTimeMs) {
      if (mediaTimeMs - shown < PROGRESS_EVERY_MS) return;
      shown = mediaTimeMs;
      stderr.write(`\r${Math.floor(mediaTimeMs / 60_000)} min of media time`);
    },
    clear: () => void (shown > 0 && stderr.write('\r\u001b[K')),
  };
}
