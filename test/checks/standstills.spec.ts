import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { madeVoid, type Standstill } from './standstills.js';

/** Watches in a process of its own, whose main thread is busy all the time, and stops that process for so long. */
async function noted(stopMs: number): Promise<{ readonly seen: readonly Standstill[]; readonly stoppedAt: number }> {
  const module = pathToFileURL(join(import.meta.dirname, 'standstills.js')).href;
  const program = `
    import { watchStandstills } from ${JSON.stringify(module)};
    const begun = Date.now();
    const standstills = watchStandstills();
    setTimeout(() => {
      const until = Date.now() + 1500;
      process.stdout.write('busy\\n');
      while (Date.now() < until);
      process.stdout.write(JSON.stringify({ during: standstills.between(begun, Date.now()), before: standstills.between(0, begun - 1) }));
    }, 300);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child.stdout, 'data');
  await delay(200);
  const stoppedAt = Date.now();
  child.kill('SIGSTOP');
  await delay(stopMs);
  child.kill('SIGCONT');
  await once(child, 'close');
  const { during, before } = JSON.parse(output.slice(output.indexOf('{'))) as Record<'during' | 'before', Standstill[]>;
  expect(before).toEqual([]);
  return { seen: during, stoppedAt };
}

describe('what makes a check in real time void', () => {
  it('is a machine that stood still, noted with its time and length, but not a busy program', async () => {
    const { seen, stoppedAt } = await noted(500);
    expect(seen.some(({ at, ms }) => Math.abs(at - stoppedAt) < 150 && ms > 400)).toBe(true);
    expect(seen.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThan(1200);
  });

  it('has the files that failed during it checked again, unless another failed without one', () => {
    const file = (name: string, status: string, startTime: number) => ({ name, status, startTime, endTime: startTime + 10 });
    const standstills = { between: (from: number, until: number) => [{ at: 25, ms: 300 }].filter(({ at }) => at >= from && at <= until) };
    const during = [file('a', 'passed', 0), file('b', 'failed', 20), file('c', 'passed', 20)];
    expect(madeVoid(during, standstills)).toEqual([{ name: 'b', pauses: [{ at: 25, ms: 300 }] }]);
    expect(madeVoid([...during, file('d', 'failed', 40)], standstills)).toEqual([]);
    expect(madeVoid([file('a', 'passed', 20)], standstills)).toEqual([]);
  });
});
