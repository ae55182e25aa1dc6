import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MONO_MP3 } from '../testing/audio-files.js';

const LIBS = fileURLToPath(new URL('../../', import.meta.url));

/** Compiles what decoding needs file by file, as the build does, and decodes with what came out. */
const SCRIPT = `
  import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
  import { stripTypeScriptTypes } from 'node:module';
  import { dirname, join, resolve } from 'node:path';
  const libs = process.argv[2];
  for (const lib of ['recording-model', 'media', 'prompts']) {
    const sources = readdirSync(join(libs, lib), { recursive: true });
    for (const file of sources.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))) {
      const target = join('dist/libs', lib, file.replace(/ts$/, 'js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, stripTypeScriptTypes(readFileSync(join(libs, lib, file), 'utf8'), { mode: 'transform' }));
    }
  }
  const { createAudioDecoder } = await import(resolve('dist/libs/prompts/index.js'));
  const decoder = createAudioDecoder({ threads: 1, timeoutMs: 20000 });
  const job = { pieces: [readFileSync('tone.mp3')], hint: { contentType: null, name: null }, decryption: null };
  const { samples, sampleRate } = await decoder.decode(job, new AbortController().signal);
  console.log(JSON.stringify([samples.length, sampleRate]));
`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'built-prompts-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the audio decoder as it is built', () => {
  it('finds its thread program, decodes, and lets the process end although it was not closed', () => {
    const manifest = { type: 'module', imports: { '#libs/*': './dist/libs/*/index.js' } };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(directory, 'decode.js'), SCRIPT);
    writeFileSync(join(directory, 'tone.mp3'), MONO_MP3);
    symlinkSync(join(LIBS, '../node_modules'), join(directory, 'node_modules'));
    const run = spawnSync(process.execPath, ['--no-warnings', 'decode.js', LIBS], { cwd: directory, encoding: 'utf8' });
    expect({ status: run.status, errors: run.stderr }).toEqual({ status: 0, errors: '' });
    expect(JSON.parse(run.stdout)).toEqual([10_000, 8000]);
  });
});
