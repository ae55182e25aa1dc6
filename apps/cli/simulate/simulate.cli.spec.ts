import { spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory, type OutputLine } from './testing/run.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const directory = workspace();

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory that looks like the project to the commands of the documentation. */
function workspace(): string {
  const path = temporaryDirectory();
  const hook = join(import.meta.dirname, 'testing', 'typescript-hook.mjs');
  const main = join(ROOT, 'apps', 'cli', 'main.ts');
  writeFileSync(
    join(path, 'recgate'),
    `#!/bin/sh\nexec '${process.execPath}' --no-warnings --import '${hook}' '${main}' "$@"\n`,
    { mode: 0o755 },
  );
  symlinkSync(join(ROOT, 'examples'), join(path, 'examples'));
  copyFileSync(join(ROOT, 'examples', 'audio', 'conversation.wav'), join(path, 'caller.wav'));
  writeFileSync(
    join(path, 'voicemail.json'),
    /with `voicemail\.json`\n+```json\n(.*?)```/s.exec(documentation('aculab.md'))?.[1] ?? '',
  );
  writeFileSync(join(path, 'thanks.json'), '{ "actions": [] }');
  return path;
}

function documentation(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** Every `./recgate simulate` of the documentation, with its continued lines and what is piped into it. */
function documentedCommands(): [string, string][] {
  return readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => {
      const blocks = [...documentation(name).matchAll(/^```(\w*)\n(.*?)^```/gms)]
        .filter(([, language = '']) => language === '' || language === 'sh')
        .map(([, , text = '']) => text);
      return blocks
        .flatMap((text) => text.split(/\n\n/))
        .filter((command) => command.includes('./recgate simulate'))
        .map((command): [string, string] => [name, command]);
    });
}

function sh(command: string, input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], { cwd: directory, env: { ...process.env, NODE_OPTIONS: '' } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

function linesOf({ stdout }: Ended): OutputLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OutputLine);
}

describe('recgate simulate, as a command', () => {
  it('the documentation shows commands for all four vendors', () => {
    expect(new Set(documentedCommands().map(([name]) => name))).toEqual(
      new Set(['aculab.md', 'flexml.md', 'kazoo.md', 'sinch.md']),
    );
  });

  it.each(documentedCommands())('%s: %s', async (_name, command) => {
    const ended = await sh(command);
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(0);
    const results = linesOf(ended).filter(({ type }) => type === 'result');
    expect(results.length).toBeGreaterThan(0);
    for (const { state, file } of results) {
      expect(state).toBe('available');
      expect(readFileSync(join(directory, file ?? '')).length).toBeGreaterThan(1000);
    }
  });

  it('reads the document from standard input and writes nothing else to the pipe', async () => {
    const ended = await sh(
      './recgate simulate --vendor flexml --document - --audio caller.wav',
      '<Response><Record maxLength="1"/></Response>',
    );
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(linesOf(ended).map(({ type }) => type)).toEqual(['accounting', 'spec', 'event', 'event', 'event', 'result']);
    expect(linesOf(ended).at(-1)?.file).toMatch(/^recgate-out\/1-/);
  });

  it('reads a long document from a pipe that is filled slowly', async () => {
    const ended = await sh(
      '(head -c 120000 /dev/zero | tr "\\0" " "; sleep 1; head -c 120000 /dev/zero | tr "\\0" " "; cat) | ./recgate simulate --vendor flexml --document - --audio caller.wav',
      '<Response><Record maxLength="1"/></Response>',
    );
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(linesOf(ended).at(-1)).toMatchObject({ type: 'result', state: 'available' });
  });

  it('tells wrong documents, wrong options and help apart by the exit code', async () => {
    expect(await sh('./recgate simulate --vendor sinch --document -', '{"action":{}}')).toMatchObject({
      code: 2,
      stderr: '',
      stdout: expect.stringContaining('"type":"error"'),
    });
    expect(await sh('./recgate simulate --vendor sinch --colour red')).toMatchObject({ code: 2, stdout: '' });
    const help = await sh('./recgate simulate --help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const setting of [
      'containerSid',
      'applicationKey',
      'applicationSecret',
      'callbackUrl',
      'apiVersion',
      'finalPage',
      'errorPage',
      'storeRecordings',
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^  ${setting} +\\S`, 'm'));
    }
  });
});
