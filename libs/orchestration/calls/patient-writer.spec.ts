import { expect, it } from '@jest/globals';
import { RecgateError } from '#libs/recording-model';
import { PatientWriter } from './patient-writer.js';

const LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

it.each([
  new Error('Command timed out'),
  new Error('connect ECONNREFUSED 127.0.0.1:6379'),
  new Error("Stream isn't writeable and enableOfflineQueue options is false"),
  new Error("Cluster isn't ready and enableOfflineQueue options is false"),
  new Error('None of startup nodes is available'),
  new Error('Command aborted due to connection close'),
  named('MaxRetriesPerRequestError', 'Reached the max retries per request limit'),
  named('ClusterAllFailedError', 'Failed to refresh slots cache.'),
  named('ReplyError', 'NOREPLICAS Not enough good replicas to write.'),
  named('ReplyError', 'BUSY Redis is busy running a script.'),
  named('ReplyError', "OOM command not allowed when used memory > 'maxmemory'."),
  new RecgateError('gateway.unavailable', 'being written by too many at once'),
])('%s: the write waits and is made again, those behind it in their order', async (trouble) => {
  const writer = new PatientWriter(LOG);
  const written: string[] = [];
  let failures = 1;
  const first = writer.write('first', () => (failures-- > 0 ? Promise.reject(trouble) : Promise.resolve(written.push('first'))));
  const second = writer.write('second', () => Promise.resolve(written.push('second')));
  await Promise.all([first, second, writer.drained()]);
  expect(written).toEqual(['first', 'second']);
});

it('a wrong move is not made again, and holds up nothing', async () => {
  const writer = new PatientWriter(LOG);
  const wrong = writer.write('wrong', () => Promise.reject(new Error('Recording r cannot go from captured to paused')));
  const right = writer.write('right', () => Promise.resolve('written'));
  await expect(wrong).rejects.toThrow('cannot go');
  expect(await right).toBe('written');
});
