import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { VendorName } from '#libs/recording-model';
import { CALLER_HZ, channelOf, writeWav } from './testing/audio.js';
import { SimulateRunner, temporaryDirectory } from './testing/run.js';

const directory = temporaryDirectory();
const runner = new SimulateRunner(directory);
const audio = writeWav(join(directory, 'tone.wav'), channelOf({ hz: CALLER_HZ, s: 3 }));

const VOICEMAIL = '<Response><Record action="/next" callbackUrl="/done" fileFormat="mp3" timeout="2"/></Response>';
const KAZOO =
  '{"module":"record_call","data":{"action":"start","url":"https://rec.example.com/"},"children":{"_":{"module":"record_call","data":{"action":"start","format":"wav","url":"https://rec.example.com/"}}}}';

function contentOf(out: string): readonly string[] {
  return readdirSync(out).map(
    (name) =>
      `${name} ${createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex')}`,
  );
}

describe('simulate: the same input gives the same bytes', () => {
  it.each([
    ['flexml', VOICEMAIL],
    ['kazoo', KAZOO],
  ] as const)('%s', async (vendor, document) => {
    const out = join(directory, `same-${vendor}`);
    const first = await runner.run(vendor, document, { audio, out, hangupAt: '20' });
    const files = contentOf(out);
    const second = await runner.run(vendor, document, { audio, out, hangupAt: '20' });
    expect(second.stdout).toBe(first.stdout);
    expect(contentOf(out)).toEqual(files);
    const other = await runner.run(vendor, document, { audio, out, hangupAt: '20', seed: 'another' });
    expect(other.stdout).not.toBe(first.stdout);
    expect(other.of('spec').map(({ spec }) => spec)).toEqual(first.of('spec').map(({ spec }) => spec));
  });

  it('wall time is the start time plus media time', async () => {
    const { of } = await runner.run('flexml', VOICEMAIL, { audio, startTime: '2030-02-03T04:05:06Z', hangupAt: '2' });
    expect(of('event').at(-1)).toMatchObject({ at: '2030-02-03T04:05:08.000Z' });
  });

  it('leaves nothing but the recordings behind', async () => {
    const { out, of } = await runner.run('flexml', VOICEMAIL, { audio });
    expect(readdirSync(out)).toEqual([of('result')[0]?.file?.slice(out.length + 1)]);
    expect(of('result')[0]?.sha256).toBe(
      createHash('sha256')
        .update(readFileSync(of('result')[0]?.file ?? ''))
        .digest('hex'),
    );
  });
});

describe('simulate: where recordings go', () => {
  it.each([
    [
      'aws',
      'awsBucketName="calls" awsAccessKey="AKIACANARYCANARY1" awsSecretKey="secret-canary-aws-2"',
      /^s3:\/\/calls\//,
    ],
    [
      'azure',
      'azureAccountName="acct" azureContainerName="calls" azureAccountKey="Y2FuYXJ5LWtleS1henVyZQ=="',
      /^azure:\/\/acct\/calls\//,
    ],
  ])('%s: the upload is shown, its credentials are not', async (_name, attributes, url) => {
    const { of, stdout } = await runner.run('flexml', `<Response><Record timeout="2" ${attributes}/></Response>`, {
      audio,
    });
    const upload = of('request').find(({ purpose }) => purpose === 'upload');
    expect(upload).toMatchObject({ method: 'PUT', url: expect.stringMatching(url), body: null });
    expect(existsSync(upload?.bodyFile ?? '')).toBe(true);
    expect(of('result')).toMatchObject([{ state: 'available', stored: false, location: expect.stringMatching(url) }]);
    expect(stdout).not.toMatch(/CANARY|canary|Y2FuYXJ5/);
  });

  it.each<[VendorName, string, readonly string[]]>([
    [
      'kazoo',
      '{"module":"record_call","data":{"action":"start","url":"https://user:canary-kazoo-pw@rec.example.com/"}}',
      [],
    ],
    [
      'sinch',
      '{"instructions":[{"name":"startRecording","options":{"destinationUrl":"s3://b/","credentials":"CANARYKEYID:canary/sinch+secret:eu-west-1"}}],"action":{"name":"park"}}',
      ['applicationSecret=Y2FuYXJ5LXNpbmNoLXNlY3JldA==', 'callbackUrl=https://app.example.com/cb'],
    ],
    [
      'aculab',
      '{"actions":[{"record":{"next_page":{"url":"https://me:canary-aculab-pw@app.example.com/next"},"encryption_cipher":{"type":"aescbc","key":"00112233445566778899aabbccddeeff","vector":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"}}}]}',
      ['pageCredentials=me:canary-page-pw', 'finalPage=https://app.example.com/final'],
    ],
    [
      'flexml',
      '<Response><Record action="https://u:canary-flexml-pw@app.example.com/a" recordingStatusCallback="https://u:canary-status-pw@app.example.com/s" timeout="1"/></Response>',
      ['documentUserinfo=u:canary-document-pw'],
    ],
  ])('%s: no secret is shown anywhere', async (vendor, document, set) => {
    const { stdout, stderr, exitCode } = await runner.run(vendor, document, { audio, set, hangupAt: '5' });
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toMatch(/canary|CANARY|Y2FuYXJ5|00112233|0f1e2d3c/);
    for (const secret of ['user:canary-kazoo-pw', 'me:canary-page-pw', 'u:canary-flexml-pw'])
      expect(stdout).not.toContain(Buffer.from(secret).toString('base64'));
  });
});

describe('simulate: what is refused', () => {
  it.each<[VendorName, string, object]>([
    [
      'flexml',
      '<Response><Record maxLength="zero"/></Response>',
      { code: 'field.invalid', status: 400, position: { path: '/Response/Record[1]/@maxLength', line: 1 } },
    ],
    ['flexml', '<Response><Record>', { code: 'document.malformed', position: { line: 1 } }],
    ['flexml', '<!DOCTYPE r [<!ENTITY a "b">]><Response/>', { code: 'document.forbidden' }],
    ['kazoo', '{"module":"record_call","data":{"action":"start"', { code: 'document.malformed', status: 400 }],
    [
      'aculab',
      '{"actions":[{"record":{"seconds_max_duration":"many","next_page":{"url":"/n"}}}]}',
      { code: 'field.invalid', position: { path: '/actions/0/record/seconds_max_duration' } },
    ],
    [
      'sinch',
      '{"action":{"name":"continue","record":true,"recordingOptions":{"destinationUrl":"ftp://x"}}}',
      { code: 'field.invalid', body: { errorCode: 40001 } },
    ],
  ])('%s document %#', async (vendor, document, expected) => {
    const { exitCode, lines } = await runner.run(vendor, document, { audio });
    expect(exitCode).toBe(2);
    expect(lines).toMatchObject([{ type: 'error', vendor, ...expected }]);
    expect(lines[0]).toHaveProperty('body');
  });

  const empty = join(directory, 'empty.wav');
  writeFileSync(empty, '');
  it.each<[string, object, RegExp]>([
    ['an unknown vendor', { vendor: 'twilio' }, /flexml, kazoo, aculab, sinch/],
    ['a document that is not there', { document: '/nowhere/x.xml' }, /--document: \/nowhere\/x\.xml cannot be read/],
    ['an unknown setting', { set: ['colour=red'] }, /"colour" is not a setting of flexml; known are: .*containerSid/],
    ['a wrong setting', { set: ['defaultMaxLength=long'] }, /defaultMaxLength/],
    ['a key that does not exist', { dtmf: '1.0:X' }, /--dtmf/],
    ['a time that is none', { hangupAt: 'soon' }, /--hangup-at/],
    ['an absurd time', { hangupAt: '1e99' }, /--hangup-at/],
    ['a wrong role', { role: 'dice' }, /--role/],
    ['a wrong party', { hangupBy: 'operator' }, /--hangup-by/],
    ['a call that is not JSON', { call: '{' }, /--call is not JSON/],
    ['a direction that does not exist', { call: '{"direction":"up"}' }, /direction/],
    ['an answer without a file', { respond: ['https://app.example.com/next'] }, /--respond/],
    ['a document URL with credentials', { documentUrl: 'https://u:pw@app.example.com/x' }, /must hold no credentials/],
    ['a start time that is none', { startTime: 'yesterday' }, /--start-time/],
    ['audio that is not there', { audio: '/nowhere/a.wav' }, /\/nowhere\/a\.wav/],
    ['audio that is no WAV', { audio: join(import.meta.dirname, 'simulate.output.spec.ts') }, /WAV/],
    ['empty audio', { audio: empty }, /empty/],
    [
      'a call that nothing ends',
      { document: runner.file('dial.xml', '<Response><Dial>+12025550199</Dial></Response>'), audio: undefined },
      /--hangup-at/,
    ],
  ])('%s', async (_name, options, message) => {
    const { exitCode, stdout, stderr } = await runner.run('flexml', VOICEMAIL, { audio, ...options });
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});
