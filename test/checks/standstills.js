// Notes when the whole machine stood still: from a thread that has nothing else to do, so that only the machine can keep it waiting.
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const LOOKS_EVERY_MS = 10;
const MOST = 1000;
/** Shorter ones are jitter, which what runs in real time has to bear. */
const LEAST_MS = 100;

/**
 * Watches from now on.
 * @returns `between(from, until)`: the standstills that touch these times (ms since 1970), each with its beginning and length in ms
 */
export function watchStandstills() {
  // The number of standstills, and then beginning and length of each: to be read also while this thread waits for something.
  const noted = new Float64Array(new SharedArrayBuffer(8 * (1 + 2 * MOST)));
  new Worker(new URL(import.meta.url), { workerData: { noted }, execArgv: [] }).unref();
  return {
    between(from, until) {
      const all = Array.from({ length: noted[0] }, (_, index) => ({ at: noted[1 + 2 * index], ms: noted[2 + 2 * index] }));
      return all.filter(({ at, ms }) => at + ms >= from && at <= until);
    },
  };
}

/**
 * A check in real time says nothing about the product where the machine itself stood still in the middle of it.
 * @param files test files as jest reports them: name, status, startTime and endTime in ms
 * @returns the files that failed, with the standstills during each; none when one of them failed without a standstill
 */
export function madeVoid(files, standstills) {
  const failed = files.filter(({ status }) => status !== 'passed');
  const found = failed.map(({ name, startTime, endTime }) => ({ name, pauses: standstills.between(startTime, endTime) }));
  return found.every(({ pauses }) => pauses.length > 0) ? found : [];
}

function watch(noted) {
  // A clock that is set anew is no standstill.
  const clock = () => performance.timeOrigin + performance.now();
  let last = clock();
  setInterval(() => {
    const now = clock();
    const ms = now - last - LOOKS_EVERY_MS;
    if (ms >= LEAST_MS && noted[0] < MOST) {
      noted[1 + 2 * noted[0]] = last;
      noted[2 + 2 * noted[0]] = ms;
      noted[0] += 1;
    }
    last = now;
  }, LOOKS_EVERY_MS);
}

if (!isMainThread && workerData?.noted !== undefined) watch(workerData.noted);
