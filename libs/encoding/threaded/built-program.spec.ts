import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseWavHeader } from '#libs/media';

const LIBS = fileURLToPath(new URL('../../', import.meta.url));

/** Compiles the libraries file by file as the build does, then encodes with what came out. */
const SCRIPT = `
  import { cpSync, readFileSync, readdirSync, mkdirSync, writeFileSync } from 'node:fs';
  import { stripTypeScriptTypes } from 'node:module';
  import { dirname, join } from 'node:path';
  const [libs] = process.argv.slice(2);
  for (const lib of ['recording-model', 'media', 'encoding']) {
    for (const file of readdirSync(join(libs, lib), { recursive: true })) {
      if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
      const built = join('dist/libs', lib, file.slice(0, -2) + 'js');
      mkdirSync(dirname(built), { recursive: true });
      writeFileSync(built, stripTypeScriptTypes(readFileSync(join(libs, lib, file), 'utf8'), { mode: 'transform' }));
    }
  }
  const { createThreadedEncoder } = await import(join(process.cwd(), 'dist/libs/encoding/index.js'));
  const encoder = createThreadedEncoder({ threads: 2 });
  const source = { sampleRate: 8000, channels: 2, samples: 50001, async *blocks() { for (let i = 0; i < 6; i++) yield new Int16Array(16667); } };
  const formats = [['wav', 'mulaw'], ['mp3', 'mp3']];
  const renditions = await Promise.all(formats.map(([container, codec]) =>
    encoder.encode({ source, format: { container, codec, bitrateKbps: null, extension: container, contentType: 'audio/x' }, outputFile: 'out.' + container })));
  console.log(JSON.stringify(renditions));
`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'built-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the encoder as it is built', () => {
  it('finds its thread program, encodes, and lets the process end although it was not closed', () => {
    writeFileSync(
      join(directory, 'package.json'),
      JSON.stringify({ type: 'module', imports: { '#libs/*': './dist/libs/*/index.js' } }),
    );
    symlinkSync(join(LIBS, '../node_modules'), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'encode.js'), SCRIPT);
    const run = spawnSync(process.execPath, ['--no-warnings', 'encode.js', LIBS], { cwd: directory, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([
      { file: 'out.wav', samples: 50001 },
      { file: 'out.mp3', samples: 50001 },
    ]);
    expect(parseWavHeader(readFileSync(join(directory, 'out.wav')))).toMatchObject({ codec: 'mulaw', samples: 50001 });
    expect(
      readdirSync(directory)
        .filter((file) => file.startsWith('out'))
        .sort(),
    ).toEqual(['out.mp3', 'out.wav']);
  });
});
