import { arch, cpus, loadavg, release, totalmem } from 'node:os';
import { basename } from 'node:path';

/** Where a measurement was made. Load is that of the whole machine: above the number of cores, figures are too high. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly arch: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

/** The machine this process runs on. */
export function describeMachine(): MachineFacts {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    arch: arch(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}

/** Load average of the last minute. */
export function loadAverage(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** How this measurement was started. */
export function commandLine(): string {
  const [, program = '', ...rest] = process.argv;
  return ['node', `dist/bench/${basename(program)}`, ...rest].join(' ');
}
