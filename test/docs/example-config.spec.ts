import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig, RecgateConfig } from '#libs/config';
import { PROJECT_ROOT, readProjectFile } from './markdown.js';

const EXAMPLE = 'recgate.example.yaml';

/** Keys that have no default; the example shows them in a comment. */
const WITHOUT_DEFAULT = ['publicUrl', 'redis.url', 'media.publicAddress', 'media.publicWebsocketUrl', 'storage.retentionSeconds', 'speech.url', 'speech.apiKey', 'calls.offerUrl', 'calls.offerKey', 'transcription.openaiUrl', 'transcription.openaiKey', 'transcription.deepgramKey', 'transcription.voskUrl'];

describe(EXAMPLE, () => {
  it('can be loaded as it is and changes nothing', () => {
    const config = loadConfig({ file: join(PROJECT_ROOT, EXAMPLE), environment: {} });
    expect(config).toEqual(loadConfig({ environment: {} }));
  });

  it('names every key with its default', () => {
    const example = leavesOf(parse(readProjectFile(EXAMPLE)));
    const defaults = leavesOf(new RecgateConfig()).filter(([path]) => !WITHOUT_DEFAULT.includes(path));
    expect(example).toEqual(defaults);
  });

  it.each(WITHOUT_DEFAULT)('shows %s, which has no default, in a comment', (path) => {
    const key = path.split('.').at(-1) ?? '';
    expect(readProjectFile(EXAMPLE)).toMatch(new RegExp(`^\\s*# ${key}: \\S`, 'm'));
  });

  it('knows every key without a default', () => {
    const declared = leavesOf(new RecgateConfig());
    const undefinedKeys = declared.filter(([, value]) => value === 'undefined').map(([path]) => path);
    expect(undefinedKeys.sort()).toEqual([...WITHOUT_DEFAULT].sort());
  });

  it('says in words what every key is for', () => {
    const undocumented = readProjectFile(EXAMPLE)
      .split('\n')
      .filter(
        (line, index, lines) => /^\s+\w+:/.test(line) && !line.includes('#') && !(lines[index - 1] ?? '').includes('#'),
      );
    expect(undocumented).toEqual([]);
  });
});

/** Every value of a tree with its path, sorted; lists are values. */
function leavesOf(tree: unknown, path: readonly string[] = []): [path: string, value: string][] {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    return [[path.join('.'), tree === undefined ? 'undefined' : JSON.stringify(tree)]];
  }
  return Object.entries(tree)
    .flatMap(([key, value]) => leavesOf(value, [...path, key]))
    .sort(([first], [second]) => first.localeCompare(second));
}
