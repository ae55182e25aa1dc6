import type { Logger } from '#libs/telemetry';

/**
 * Waits for a step of stopping, but no longer than `patienceMs`: what it holds is durable, and a process that does not
 * end is killed in the middle of everything.
 */
export async function within(log: Logger, step: string, patienceMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), patienceMs)));
  const done = work.catch((error: unknown) => {
    log.warn({ step, reason: error instanceof Error ? error.message : String(error) }, 'stopping went wrong');
  });
  if ((await Promise.race([done, late])) === 'late') log.warn({ step, patienceMs }, 'stopping takes too long, going on');
  clearTimeout(timer);
}
