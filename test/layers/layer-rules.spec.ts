import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ALLOWED, GROUND, OFFENCES } from './offences.js';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CONFIG = '.dependency-cruiser.cjs';
const CRUISER = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
const rules = (createRequire(import.meta.url)(join(ROOT, CONFIG)) as { forbidden: readonly { name: string }[] })
  .forbidden;

interface CruiseReport {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

let house = '';
/** What the checker found: `file: rule`. */
let found: readonly string[] = [];

beforeAll(() => {
  house = buildHouse();
  found = cruise(house);
});

afterAll(() => rmSync(house, { recursive: true, force: true }));

describe('the rule checker', () => {
  it.each(OFFENCES)('reports that $title: $rules', ({ file, rules: broken }) => {
    const reported = found.filter((violation) => violation.startsWith(`${file}: `));
    expect(reported.sort()).toEqual(broken.map((rule) => `${file}: ${rule}`).sort());
  });

  it('is shown an offence against every rule', () => {
    const offended = new Set(OFFENCES.flatMap(({ rules: broken }) => broken));
    expect([...offended].sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  it('lets the allowed arrows pass', () => {
    const offenders = OFFENCES.map(({ file }) => file);
    expect(found.filter((violation) => !offenders.some((file) => violation.startsWith(`${file}: `)))).toEqual([]);
  });

  it('knows every lib there is', () => {
    const libs = readdirSync(join(ROOT, 'libs'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(libs.map(({ name }) => `libs/${name}/index.ts`).filter((index) => !GROUND.includes(index))).toEqual([]);
  });
});

/** A small house with the project's own rules, in which every rule is broken somewhere. */
function buildHouse(): string {
  const directory = mkdtempSync(join(tmpdir(), 'recgate-layers-'));
  for (const file of [CONFIG, 'tsconfig.json', 'tsconfig.cruise.json', 'package.json']) {
    copyFileSync(join(ROOT, file), join(directory, file));
  }
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  };
  write('node_modules/some-package/package.json', '{ "name": "some-package", "version": "1.0.0", "main": "main.js" }');
  write('node_modules/some-package/main.js', 'module.exports = 1;\n');
  for (const file of GROUND) write(file, 'export const ground = 1;\n');
  const arrows = [...ALLOWED, ...OFFENCES.map(({ file, imports }) => [file, imports] as const)];
  for (const [file, imports] of arrows) {
    if (existsSync(join(directory, file))) throw new Error(`${file} is written twice`);
    write(file, `import * as used from '${imports}';\nexport const user = used;\n`);
  }
  return directory;
}

function cruise(directory: string): string[] {
  const folders = ['apps', 'libs', 'examples', 'bench'];
  const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', ...folders];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (stdout === '') throw new Error(`The rule checker did not run: ${stderr}`);
  const { summary } = JSON.parse(stdout) as CruiseReport;
  return [...new Set(summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`))];
}
