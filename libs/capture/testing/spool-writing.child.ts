import { createSpool } from '../spool/spool.js';
import { countedBlock, testHeader } from './counted-audio.js';

/** Writes counted audio in real time (or as fast as it can) until killed; prints how many samples it has handed over. */
const [directory = '', recordingId = 'r', speed = '1'] = process.argv.slice(2);
// A file size limit then shows as an error of the write and not as the death of the process.
process.on('SIGXFSZ', () => undefined);
const spool = createSpool({ directory });
const writer = spool.begin({
  header: testHeader(recordingId),
  mediaTimeMs: () => 1000 + writer.samples / 8,
  onFailure: (error) => {
    process.stdout.write(`failed ${error.code} ${error.message}\n`);
    clearInterval(timer);
  },
});
const samplesPerTick = 160 * Number(speed);
const timer = setInterval(() => {
  writer.append(countedBlock(writer.samples, samplesPerTick, 2), 0, samplesPerTick);
  process.stdout.write(`${writer.samples}\n`);
}, 20);
