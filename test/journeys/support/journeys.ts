import { afterAll, beforeAll, it } from '@jest/globals';
import type { RecgateConfig } from '#libs/config';
import { LiveGateway } from './live-gateway.js';

const START_TIMEOUT_MS = 60_000;
const JOURNEY_TIMEOUT_MS = 90_000;
/** Pino's level of warnings. */
const WARN = 40;

/** Runs the journeys of one file at the same time on one gateway: calls take as long as they take, but not one after the other. */
export class Journeys {
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly planned = new Map<string, (gateway: LiveGateway) => Promise<void>>();
  private gateway: LiveGateway | null = null;

  constructor(adjust?: (config: RecgateConfig) => void) {
    beforeAll(async () => {
      const gateway = await LiveGateway.start(adjust);
      this.gateway = gateway;
      for (const [name, travel] of this.planned) {
        const ended = travel(gateway);
        // Whether it failed is told by its own test.
        ended.catch(() => undefined);
        this.running.set(name, ended);
      }
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      const outcomes = await Promise.allSettled(this.running.values());
      if (outcomes.some(({ status }) => status === 'rejected')) this.tellWarnings();
      await this.gateway?.stop();
    }, START_TIMEOUT_MS);
  }

  /** A journey: begins together with all others of the file. */
  it(name: string, travel: (gateway: LiveGateway) => Promise<void>): void {
    this.planned.set(name, travel);
    it(
      name,
      async () => {
        await this.running.get(name);
      },
      JOURNEY_TIMEOUT_MS,
    );
  }

  /** Whoever looks into a journey that failed wants to know what the gateway had to say. */
  private tellWarnings(): void {
    const lines = this.gateway?.log.filter((line) => (JSON.parse(line) as { level: number }).level >= WARN) ?? [];
    process.stderr.write(`The gateway of the failed journeys warned:\n${lines.join('')}`);
  }

  /** What is looked at after all journeys are over. */
  afterwards(name: string, look: (gateway: LiveGateway) => Promise<void>): void {
    it(
      name,
      async () => {
        await Promise.allSettled(this.running.values());
        if (this.gateway === null) throw new Error('The gateway did not start');
        await look(this.gateway);
      },
      JOURNEY_TIMEOUT_MS,
    );
  }
}
