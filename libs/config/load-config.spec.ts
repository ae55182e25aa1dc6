import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './index.js';

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'recgate-config-')), 'recgate.yaml');
  writeFileSync(file, text);
  return file;
}

describe('configuration', () => {
  it('has a default for every key', () => {
    const config = loadConfig({ environment: {} });
    expect(config.http.port).toBe(8480);
    expect(config.outbound.allowPrivateNetworks).toBe(false);
    expect(config.worker.stages).toContain('deliver');
  });

  it('takes the file, then the environment', () => {
    const file = fileWith('http:\n  port: 9000\nredis:\n  url: redis://file:1\n');
    const config = loadConfig({ file, environment: { REDIS_URL: 'redis://environment:2' } });
    expect(config.http).toMatchObject({ port: 9000, host: '127.0.0.1' });
    expect(config.redis.url).toBe('redis://environment:2');
  });

  it.each([
    ['http:\n  port: 70000\n', 'http.port'],
    ['media:\n  maxCalls: many\n', 'media.maxCalls'],
    ['worker:\n  stages: [encode, bake]\n', 'worker.stages'],
    ['speech:\n  engine: loud\n', 'speech.engine'],
    ['speech:\n  engine: http\n  apiKey: secret-canary\n', 'speech.url'],
    ['speech:\n  url: file:///secret-canary\n', 'speech.url'],
    ['nonsense: 1\n', 'nonsense'],
    ['tenants: secret-canary\n', 'tenants'],
    ['http: []\n', 'http'],
    ['http:\n  doorHosts: []\n', 'http.doorHosts'],
    ['http:\n  doorHosts:\n    kazoo: [https://secret-canary.example]\n', 'http.doorHosts.kazoo'],
    ['http:\n  doorHosts:\n    kazoo: [a.example]\n    sinch: [A.example]\n', 'http.doorHosts'],
    ['redis:\n  url: http://secret-canary\n', 'redis.url'],
    ['media:\n  address: 0.0.0.0\n', 'media.publicAddress'],
    ['transcription:\n  engine: openai\n', 'transcription.openaiUrl'],
    ['transcription:\n  engine: vosk\n', 'transcription.voskUrl'],
    ['media:\n  rtpPortFrom: 30000\n  rtpPortTo: 30001\n', 'media.rtpPortTo'],
    ['tenants:\n  - id: a\n    apiKeys: [secret-canary]\n', 'tenants.apiKeys'],
    ['- a list\n', 'mapping'],
    ['a: [\n', 'cannot be read'],
  ])('names the key at fault in %j and prints no value', (text, key) => {
    const load = () => loadConfig({ file: fileWith(text), environment: {} });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(key);
    expect(load).not.toThrow('secret-canary');
  });
});
