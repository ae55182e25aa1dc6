import { createDecipheriv } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { VENDOR_NAMES, type VendorName } from '#libs/recording-model';
import { CALLEE_HZ, CALLER_HZ, channelOf, decode, shareOf, writeWav } from './testing/audio.js';
import { SimulateRunner, temporaryDirectory, type OutputLine } from './testing/run.js';

const FIXTURES = join(import.meta.dirname, '..', '..', '..', 'libs', 'vendor-adapters');
const directory = temporaryDirectory();
const runner = new SimulateRunner(directory);
const audio = writeWav(
  join(directory, 'call.wav'),
  channelOf({ hz: CALLER_HZ, s: 8 }),
  channelOf({ hz: CALLEE_HZ, s: 8 }),
);

/** Documents that are not a flow of their own, or that need a setting. */
const OPTIONS: Readonly<Record<string, object>> = {
  'metaflow-start.callflow': { role: 'metaflow' },
  'version-1.json': { set: ['apiVersion=1'] },
  'manage-continue-record.json': {
    role: 'manage',
    set: ['destinationUrl=s3://bucket/', 'credentials=KEY:SECRET:eu-west-1'],
  },
};
/** Documents that the vendor refuses. */
const REFUSED: ReadonlySet<string> = new Set(['saved-invalid.callflow']);

function fixturesOf(vendor: VendorName): string[] {
  const names = readdirSync(join(FIXTURES, vendor, 'fixtures'), { withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && /\.(xml|json|callflow)$/.test(entry.name))
    .map((entry) => entry.name);
}

function optionsOf(name: string): object {
  return OPTIONS[name] ?? (name.startsWith('manage') ? { role: 'manage' } : {});
}

/** The tone of a party stands where it must: on its side of a stereo file, in a mix of both. */
function expectTheTones(
  file: string,
  { channels = 1, sampleRate = 0, samples = 0 }: OutputLine,
  parties: unknown,
): void {
  const decoded = decode(file, channels);
  for (const channel of decoded) expect(channel.length).toBe(samples);
  const [left = new Int16Array(0), right = left] = decoded;
  const until = Math.min(1, samples / sampleRate - 0.2);
  const [caller, callee] = [
    shareOf(CALLER_HZ, left, sampleRate, 0.2, until),
    shareOf(CALLEE_HZ, right, sampleRate, 0.2, until),
  ];
  if (channels === 2) return expect(Math.min(caller, callee)).toBeGreaterThan(0.9);
  const wanted = { caller: [0.9, -1], callee: [-1, 0.9] }[String(parties)] ?? [0.35, 0.35];
  expect(caller).toBeGreaterThan(wanted[0] ?? 0);
  expect(callee).toBeGreaterThan(wanted[1] ?? 0);
}

describe.each(VENDOR_NAMES)('simulate, the documents of the %s contract', (vendor) => {
  it.each(fixturesOf(vendor))('%s', async (name) => {
    const document = readFileSync(join(FIXTURES, vendor, 'fixtures', name), 'utf8');
    const { exitCode, lines, of, stderr } = await runner.run(vendor, document, { audio, ...optionsOf(name) });
    expect(stderr).toBe('');
    expect(exitCode).toBe(REFUSED.has(name) ? 2 : 0);
    if (exitCode === 2) {
      expect(lines).toHaveLength(1);
      return expect(lines[0]).toMatchObject({
        type: 'error',
        code: expect.any(String),
        position: { path: expect.any(String) },
      });
    }
    expect(lines[0]?.type).toBe('accounting');
    expect(of('result')).toHaveLength(of('spec').length);
    expectMediaTimeOrder(lines);
    for (const result of of('result')) {
      if (result.state !== 'available') {
        expect(['absent', 'discarded', ...(name === 'two-stores.xml' ? ['failed'] : [])]).toContain(result.state);
        continue;
      }
      expect(result.durationMs).toBe(Math.round(((result.samples ?? 0) * 1000) / (result.sampleRate ?? 1)));
      expect(result.stored).toBe(false);
      const spec = of('spec').find(({ recording }) => recording === result.recording)?.spec;
      const isEncrypted = (spec?.['encryption'] ?? null) !== null;
      const file = isEncrypted ? decrypted(result.file ?? '', document) : (result.file ?? '');
      expectTheTones(file, result, spec?.['parties']);
    }
  });
});

/** The plain copy of a file that was encrypted with the cipher of the document (Aculab contract §4). */
function decrypted(file: string, document: string): string {
  const hex = (name: string): Buffer =>
    Buffer.from(new RegExp(`"${name}":\\s*"([0-9a-f]+)"`, 'i').exec(document)?.[1] ?? '', 'hex');
  const key = hex('key');
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, hex('(?:vector|iv|initialisation_vector)'));
  writeFileSync(`${file}.plain.wav`, Buffer.concat([decipher.update(readFileSync(file)), decipher.final()]));
  return `${file}.plain.wav`;
}

function expectMediaTimeOrder(lines: readonly OutputLine[]): void {
  const types = lines.map(({ type }) => type);
  const firstResult = types.indexOf('result');
  if (firstResult >= 0) expect(new Set(types.slice(firstResult))).toEqual(new Set(['result']));
  const times = lines.flatMap(({ mediaTime }) => mediaTime ?? []);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
}
