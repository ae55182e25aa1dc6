import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseWavHeader } from '#libs/media';
import { createEspeakEngine } from './espeak-engine.js';
import { espeakVoices } from './espeak-voice.js';

const never = new AbortController().signal;
const plain = { language: null, voice: null };

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'espeak-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The program as Debian installs it; without it these specs fail. */
const PROGRAM = '/usr/bin/espeak-ng';

async function spoken(text: string, more: { language?: string; voice?: string } = {}): Promise<Buffer> {
  const { pieces } = await createEspeakEngine(PROGRAM).synthesize({ ...plain, ...more, text }, never);
  return Buffer.concat(pieces);
}

/** A program that is not espeak-ng, in a directory of its own. */
function stub(name: string, script: string): string {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('createEspeakEngine', () => {
  it('speaks: a WAV file that holds sound, longer for a longer text', async () => {
    const short = await spoken('Hello');
    const long = await spoken('Hello, please leave a message after the tone, and press the hash key');
    const { codec, channels, dataOffset } = parseWavHeader(short);
    expect({ codec, channels }).toEqual({ codec: 'pcm16', channels: 1 });
    expect(long.length).toBeGreaterThan(2 * short.length);
    const loudest = Math.max(...short.subarray(dataOffset));
    expect(loudest).toBeGreaterThan(50);
  });

  it('has voices for women and men, and languages', async () => {
    const text = 'Guten Tag, one two three';
    const all = await Promise.all([
      spoken(text),
      spoken(text, { voice: 'woman' }),
      spoken(text, { voice: 'man' }),
      spoken(text, { language: 'de-DE' }),
    ]);
    expect(new Set(all.map((file) => file.toString('base64'))).size).toBe(4);
  });

  it('speaks in its own voice where it does not have the language', async () => {
    expect(await spoken('Hello', { language: 'xx-YY' })).toEqual(await spoken('Hello'));
    expect(await spoken('Hello', { language: '-w/tmp/file' })).toEqual(await spoken('Hello'));
  });

  it('takes the text as text, whatever it looks like', async () => {
    const marker = join(directory, 'marker');
    for (const text of [`$(touch ${marker}); touch ${marker}`, `--stdout -w ${marker}`, `-f /etc/passwd`])
      expect((await spoken(text)).length).toBeGreaterThan(1000);
    expect(existsSync(marker)).toBe(false);
  });

  it('ends the program when nobody waits any more', async () => {
    const pidFile = join(directory, 'pid');
    const hanging = createEspeakEngine(
      stub('hanging', `echo $$ > ${pidFile}.part; mv ${pidFile}.part ${pidFile}; exec sleep 600`),
    );
    const stop = new AbortController();
    const running = hanging.synthesize({ ...plain, text: 'Hello' }, stop.signal);
    const pid = Number(await eventually(() => readFile(pidFile, 'utf8')));
    stop.abort(new Error('hung up'));
    await expect(running).rejects.toThrow('hung up');
    await eventually(() => Promise.resolve(expect(() => process.kill(pid, 0)).toThrow('ESRCH')));
  });

  it('says when the program gives nothing or is not there', async () => {
    const request = { ...plain, text: 'Hello' };
    for (const file of [stub('failing', 'exit 3'), stub('silent', 'cat > /dev/null'), join(directory, 'absent')])
      await expect(createEspeakEngine(file).synthesize(request, never)).rejects.toMatchObject({
        code: 'outbound.failed',
      });
  });

  it('runs more texts than it has programs, and lets waiting ones give up', async () => {
    const engine = createEspeakEngine(PROGRAM);
    const stop = new AbortController();
    const texts = ['one', 'two', 'three', 'four', 'five', 'six'];
    const files = texts.map((text) => engine.synthesize({ ...plain, text }, never));
    const given = engine.synthesize({ ...plain, text: 'seven' }, stop.signal);
    stop.abort(new Error('hung up'));
    await expect(given).rejects.toThrow('hung up');
    for (const { pieces } of await Promise.all(files)) expect(Buffer.concat(pieces).length).toBeGreaterThan(1000);
  });
});

describe('espeakVoices', () => {
  it.each([
    [null, null, ['en-us']],
    ['en', 'woman', ['en-us+f3']],
    ['en-GB', 'man', ['en-gb+m3', 'en-us+m3']],
    ['pt-BR', 'Polly.Camila', ['pt-br', 'pt', 'en-us']],
    ['zh_HK', 'female/zh-HK', ['yue+f3', 'cmn+f3', 'en-us+f3']],
    ['fr-CA', 'Male', ['fr-ca+m3', 'fr-fr+m3', 'en-us+m3']],
    ['constructor', null, ['en-us']],
    ['../../etc', null, ['en-us']],
  ])('%s, %s', (language, voice, voices) => {
    expect(espeakVoices({ language, voice })).toEqual(voices);
  });
});

/** What the attempt gives once it succeeds. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
