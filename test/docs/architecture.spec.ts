import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { QUEUE_NAMES } from '#libs/queues';
import { RECORDING_STATES } from '#libs/recording-model';
import { PROJECT_ROOT, readProjectFile } from './markdown.js';

/** The documents must not promise what is not there: paths, links, commands, queues, states. */
const ARCHITECTURE = 'ARCHITECTURE.md';
const README = 'README.md';
const TOP_FOLDERS = 'apps|libs|test|docs|examples|bench|deploy';
const COMMANDS_OF_THE_LAUNCHER = /command === '(\w+)'/g;
const COMMANDS_OF_THE_CLI = /\.command\('(\w+)'\)/g;

const guides = readdirSync(join(PROJECT_ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

describe(ARCHITECTURE, () => {
  const text = readProjectFile(ARCHITECTURE);

  it.each(['apps', 'libs'])('names every folder of %s', (parent) => {
    expect(foldersOf(parent).filter((folder) => !text.includes(`\`${folder}\``))).toEqual([]);
  });

  it('names every queue and every state', () => {
    const words = [...Object.values(QUEUE_NAMES), ...RECORDING_STATES];
    expect(words.filter((word) => !new RegExp(`\\b${word}\\b`).test(text))).toEqual([]);
  });
});

describe.each([ARCHITECTURE, README, ...guides])('%s', (document) => {
  const text = readProjectFile(document);

  it('names paths that exist', () => {
    expect(pathsIn(text).filter((path) => !existsSync(join(PROJECT_ROOT, path)))).toEqual([]);
  });

  it('links to files that exist', () => {
    const folder = document.startsWith('docs/') ? 'docs' : '.';
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(join(PROJECT_ROOT, folder, target)))).toEqual([]);
  });

  it('names commands that exist', () => {
    const commands = knownCommands();
    const named = [...text.matchAll(/\.\/recgate (\w+)/g)].map(([, command = '']) => command);
    expect(named.filter((command) => !commands.includes(command))).toEqual([]);
  });
});

describe(README, () => {
  it('links to the guide of every vendor', () => {
    const text = readProjectFile(README);
    expect(guides.filter((guide) => !text.includes(`(${guide})`))).toEqual([]);
  });
});

function foldersOf(parent: string): string[] {
  return readdirSync(join(PROJECT_ROOT, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${parent}/${name}`);
}

/** Paths of the project, built programs by their sources; those with placeholders are left aside. */
function pathsIn(text: string): string[] {
  const pattern = new RegExp(`(?<![\\w/.])(?:${TOP_FOLDERS})/[\\w./-]*\\w`, 'g');
  const built = [...text.matchAll(/dist\/([\w./-]+)\.js/g)].map(([, source = '']) => `${source}.ts`);
  return [...[...text.matchAll(pattern)].map(([path]) => path), ...built];
}

/** What the launcher does itself and what it hands to the built command. */
function knownCommands(): string[] {
  const cli = readdirSync(join(PROJECT_ROOT, 'apps', 'cli'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.command.ts'))
    .map((name) => readProjectFile(join('apps', 'cli', name)));
  const own = [...readProjectFile('recgate').matchAll(COMMANDS_OF_THE_LAUNCHER)];
  const built = cli.flatMap((source) => [...source.matchAll(COMMANDS_OF_THE_CLI)]);
  return [...own, ...built].map(([, command = '']) => command);
}
