import { setTimeout as delay } from 'node:timers/promises';

/** Far more than anything here takes on a busy machine; it only keeps a broken product from hanging the run. */
const PATIENCE_MS = 40_000;
const EVERY_MS = 15;

/**
 * Asks again and again until the answer is neither null, undefined nor false.
 * @throws Error naming `what` when it never comes
 */
export async function until<T>(what: string, ask: () => T | Promise<T>): Promise<Exclude<T, null | undefined | false>> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false)
      return answer as Exclude<T, null | undefined | false>;
    if (Date.now() > deadline) throw new Error(`It never happened: ${what}`);
    await delay(EVERY_MS);
  }
}
