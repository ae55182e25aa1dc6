import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { parseWavHeader, writeWavHeader } from '#libs/media';
import { expireFiles, storeStage, sweepCatalogues } from '#libs/orchestration';
import { openStoredAudio } from '../../../wiring/stored-audio-decoder.js';
import { CALL, FileRecordings, first, UPLOAD } from '../../testing/file-recordings.js';
import { GatewayUnderTest, type Answer, type Body } from '../../testing/gateway-under-test.js';

const CORE = '/carrierx/core/v2/storage';
const RATE = 8000;

let gateway: GatewayUnderTest;
let recordings: FileRecordings;
let application = '';

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ works: true });
  recordings = new FileRecordings(gateway);
  application = await gateway.application('flexml', {
    accountToken: 'token',
    storageUrl: 'https://gw.example.com/carrierx',
  });
});
afterAll(() => gateway.stop());

const core = (
  method: string,
  path: string,
  body?: object | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  gateway.ask(method, CORE + path, { key: 'token', headers, ...(body === undefined ? {} : { body }) });
const containerOf = async (fields: object) =>
  String((await core('POST', '/containers', fields)).json()['container_sid']);
const sidOf = (recording: Body) => String(recording['names']?.['fileSid']);

/** A tone of so many samples. */
function wav(samples: number, hz = 440): Buffer {
  const pcm = Buffer.alloc(samples * 2);
  for (let i = 0; i < samples; i += 1)
    pcm.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / RATE)), 2 * i);
  return Buffer.concat([writeWavHeader({ codec: 'pcm16', sampleRate: RATE, channels: 1, samples }), pcm]);
}

/** A finished recording of that audio; `spec` says where it goes. */
async function record(spec: object, audio = wav(RATE)): Promise<Body> {
  const started = await recordings.start({ applicationId: application, source: UPLOAD, call: CALL, spec });
  if (started.status >= 300) throw new Error(started.text);
  const id = String(first(started)['id']);
  await recordings.deliver(id, audio);
  return gateway.until(id, 'available', 'failed', 'absent', 'discarded');
}

const into = (container: string, more: object = {}) => ({ destination: { kind: 'media-store', container }, ...more });
const onto = (file: string, ifExists: 'append' | 'overwrite', more: object = {}) => ({
  destination: { kind: 'media-store', file },
  ifExists,
  ...more,
});
const show = async (sid: string) => (await core('GET', `/files/${sid}`)).json();
const bytes = async (sid: string) => {
  const answer = await fetch(`${gateway.url}/carrierx/f/${sid}`);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};
const samplesOf = (file: Buffer) => parseWavHeader(file).samples;

describe('a recording in the own store', () => {
  it('is a file of the Storage API the moment it is available', async () => {
    const labels = { integer_key_1: 12, string_key_1: 'user-7' };
    const container = await containerOf({});
    const done = await record(into(container, { labels }));
    expect(done['state']).toBe('available');
    const sid = sidOf(done);
    expect(await show(sid)).toMatchObject({
      file_sid: sid,
      container_sid: container,
      file_bytes: 16_044,
      content_duration: 1,
      content_format: 'wav',
      content_classification: 'media',
      mime_type: 'audio/x-wav',
      file_access_name: `${sid}.wav`,
      publish_uri: `https://gw.example.com/carrierx/f/${sid}`,
      lifecycle_action: 'no_action',
      lifecycle_ttl: -1,
      ...labels,
      string_key_2: null,
    });
    expect((await core('GET', `/containers/${container}`)).json()).toMatchObject({
      total_bytes: 16_044,
      total_files: 1,
    });
    expect((await bytes(sid)).equals(wav(RATE))).toBe(true);
  });

  it('goes into a container of its account when it names none', async () => {
    const done = await record({});
    const file = await show(sidOf(done));
    expect((await core('GET', `/containers/${String(file['container_sid'])}`)).json()).toMatchObject({
      name: 'Default',
      total_files: 1,
    });
  });

  it('is gone, and told so, once its file is deleted, and frees its room either way', async () => {
    const container = await containerOf({});
    const [one, two] = [await record(into(container)), await record(into(container))];
    expect((await core('DELETE', `/files/${sidOf(one)}`)).status).toBe(204);
    const after = (await gateway.ask('GET', `/v1/recordings/${String(one['id'])}`)).json();
    expect(after['deletedAt']).toEqual(expect.any(String));
    expect((await core('GET', `/containers/${container}`)).json()).toMatchObject({
      total_files: 1,
      total_bytes: 16_044,
    });
    expect((await gateway.ask('DELETE', `/v1/recordings/${String(two['id'])}`)).status).toBeLessThan(300);
    expect((await core('GET', `/files/${sidOf(two)}`)).status).toBe(404);
    expect((await core('GET', `/containers/${container}`)).json()).toMatchObject({ total_files: 0, total_bytes: 0 });
  });

  it('is kept or deleted by what is written on its file', async () => {
    const done = await record(
      into(await containerOf({ default_file_lifecycle_action: 'delete', default_file_lifecycle_ttl: 3600 })),
    );
    const shown = async () => (await gateway.runtime.ports.ledger.recordings.get(String(done['id'])))?.deleteAt;
    expect(await show(sidOf(done))).toMatchObject({ lifecycle_action: 'delete', lifecycle_ttl: 3600 });
    expect(await shown()).toEqual(expect.any(String));
    expect((await core('PATCH', `/files/${sidOf(done)}`, { lifecycle_ttl: -1 })).json()).toMatchObject({
      lifecycle_ttl: -1,
    });
    expect(await shown()).toBeUndefined();
  });
});

describe('a quota', () => {
  it('fails the recording before it starts when the container is full or is not there', async () => {
    const full = await containerOf({ quota_files: 1 });
    await record(into(full));
    const refused = await record(into(full));
    expect(refused).toMatchObject({
      state: 'failed',
      failure: { code: 'destination.full', stage: 'accept' },
      capture: null,
    });
    const nowhere = await record(into('1c2d3e4f-0000-4000-8000-000000000000'));
    expect(nowhere).toMatchObject({ state: 'failed', failure: { code: 'destination.missing', stage: 'accept' } });
    await core('PATCH', `/containers/${full}`, { quota_files: 2 });
    expect((await record(into(full)))['state']).toBe('available');
  });

  it('fails a recording that turns out too large when it is stored, and gives its room back', async () => {
    const small = await containerOf({ quota_bytes: 10_000 });
    expect(await record(into(small))).toMatchObject({
      state: 'failed',
      failure: { code: 'destination.full', stage: 'store' },
    });
    expect((await record(into(small), wav(4000)))['state']).toBe('available');
    expect((await core('GET', `/containers/${small}`)).json()).toMatchObject({ total_bytes: 8044, total_files: 1 });
  });

  it('that is used up takes new bytes of a file that are no more than the old ones, and nothing else', async () => {
    const full = await containerOf({ quota_bytes: 16_044 });
    const sid = sidOf(await record(into(full)));
    expect(await record(onto(sid, 'append'))).toMatchObject({ state: 'failed', failure: { stage: 'accept' } });
    expect((await record(onto(sid, 'overwrite')))['state']).toBe('available');
    expect(await record(onto(sid, 'overwrite'), wav(RATE + 1))).toMatchObject({ failure: { stage: 'store' } });
    expect((await core('GET', `/containers/${full}`)).json()).toMatchObject({ total_bytes: 16_044, total_files: 1 });
  });

  it('is free again when nothing came of a recording', async () => {
    const one = await containerOf({ quota_files: 1 });
    const short = await record(into(one, { minDurationMs: 5000 }));
    expect(short['state']).toBe('discarded');
    expect((await record(into(one)))['state']).toBe('available');
  });
});

describe('a file that is there already', () => {
  it('is overwritten under the same sid and link', async () => {
    const container = await containerOf({});
    const sid = sidOf(await record(into(container)));
    const again = await record(onto(sid, 'overwrite', { labels: { string_key_2: 'second' } }), wav(3000, 700));
    expect([again['state'], sidOf(again)]).toEqual(['available', sid]);
    expect((await bytes(sid)).equals(wav(3000, 700))).toBe(true);
    expect(await show(sid)).toMatchObject({
      file_bytes: 6044,
      content_duration: 0.375,
      container_sid: container,
      string_key_2: 'second',
    });
    expect((await core('GET', `/containers/${container}`)).json()).toMatchObject({ total_bytes: 6044, total_files: 1 });
    const mp3 = { container: 'mp3', codec: 'mp3', extension: 'mp3', contentType: 'audio/mpeg' };
    await record(onto(sid, 'overwrite', { format: mp3 }), wav(3000));
    expect(await show(sid)).toMatchObject({
      content_format: 'mp3',
      mime_type: 'audio/mpeg',
      file_access_name: `${sid}.mp3`,
    });
  });

  it('is readable at every moment while it is overwritten', async () => {
    const sid = sidOf(await record(into(await containerOf({})), wav(2000)));
    const lengths = new Set<number | null>();
    let over = false;
    const reading = (async () => {
      while (!over) lengths.add(samplesOf(await bytes(sid)));
    })();
    for (let i = 0; i < 4; i += 1) await record(onto(sid, 'overwrite'), wav(3000 + 8 * i));
    over = true;
    await reading;
    for (const length of lengths) expect([2000, 3000, 3008, 3016, 3024]).toContain(length);
  });

  it('takes new audio behind the old, to the sample', async () => {
    const container = await containerOf({});
    const old = await record(into(container), wav(4000, 440));
    const sid = sidOf(old);
    const added = await record(onto(sid, 'append'), wav(3008, 880));
    expect([added['state'], sidOf(added), (added['rendition'] as Body)['durationMs']]).toEqual(['available', sid, 376]);
    const whole = await bytes(sid);
    const expected = Buffer.concat([wav(4000, 440).subarray(44), wav(3008, 880).subarray(44)]);
    expect([samplesOf(whole), whole.subarray(44).equals(expected)]).toEqual([7008, true]);
    for (const { id } of [old, added] as unknown as { id: string }[]) {
      const audio = await gateway.ask('GET', `/v1/recordings/${id}/audio`);
      expect([audio.status, audio.headers.get('content-length')]).toEqual([200, String(whole.length)]);
      expect(audio.headers.get('etag')).toBe(`"${createHash('sha256').update(whole).digest('hex')}"`);
    }
    expect(await show(sid)).toMatchObject({ file_bytes: 44 + 14_016, content_duration: 0.876 });
    expect((await core('GET', `/containers/${container}`)).json()).toMatchObject({
      total_bytes: 44 + 14_016,
      total_files: 1,
    });
  });

  it('takes several at once, each whole and once', async () => {
    const container = await containerOf({});
    const sid = sidOf(await record(into(container), wav(1000)));
    const lengths = [1104, 1200, 1304, 1400];
    const all = await Promise.all(lengths.map((length) => record(onto(sid, 'append'), wav(length))));
    expect(all.map((each) => each['state'])).toEqual(lengths.map(() => 'available'));
    const samples = 1000 + lengths.reduce((sum, length) => sum + length, 0);
    expect(samplesOf(await bytes(sid))).toBe(samples);
    expect((await core('GET', `/containers/${container}`)).json()).toMatchObject({
      total_bytes: 44 + 2 * samples,
      total_files: 1,
    });
  });

  it('takes an append once, however often its stage is run', async () => {
    const sid = sidOf(await record(into(await containerOf({})), wav(1000)));
    const added = await record(onto(sid, 'append'), wav(500));
    const before = await bytes(sid);
    const { ports } = gateway.runtime;
    const record_ = await ports.ledger.recordings.get(String(added['id']));
    if (record_ === null) throw new Error('the recording is gone');
    await ports.spools.delete(record_.id);
    const move = await storeStage(ports).run(record_);
    expect(move.patch?.receipt).toEqual(record_.receipt);
    expect((await bytes(sid)).equals(before)).toBe(true);
  });

  it.each([
    ['mp3', { container: 'mp3', codec: 'mp3', extension: 'mp3', contentType: 'audio/mpeg' }],
    ['ul', { container: 'raw', codec: 'mulaw', extension: 'ul', contentType: 'audio/basic' }],
    ['wav', { container: 'wav', codec: 'pcm16', extension: 'wav', contentType: 'audio/x-wav' }],
  ])('keeps its format: %s', async (extension, format) => {
    const sid = sidOf(await record(into(await containerOf({}), { format }), wav(8000)));
    const added = await record(onto(sid, 'append'), wav(4000));
    expect(added['state']).toBe('available');
    const file = await bytes(sid);
    const decoded = await openStoredAudio({ extension, contentType: '', open: () => streamOf(file) });
    let samples = 0;
    for await (const block of decoded.blocks()) samples += block.length / decoded.channels;
    expect([samples, (await show(sid))['content_format']]).toEqual([12_000, extension]);
  });

  it('takes 8 kHz audio behind a stereo file of another rate', async () => {
    const stereo = Buffer.concat([
      writeWavHeader({ codec: 'pcm16', sampleRate: 44_100, channels: 2, samples: 441 }),
      Buffer.alloc(441 * 4, 1),
    ]);
    const uploaded = await core('POST', '/files?name=jingle.wav', stereo, {
      'content-type': 'application/octet-stream',
    });
    const sid = String(uploaded.json()['file_sid']);
    expect(uploaded.json()['content_duration']).toBe(0.01);
    expect((await record(onto(sid, 'append'), wav(800)))['state']).toBe('available');
    const info = parseWavHeader(await bytes(sid));
    expect([info.sampleRate, info.channels, info.samples]).toEqual([44_100, 2, 441 + 4410]);
  });

  it('must be there, have room, and be audio', async () => {
    const missing = await record(onto('1c2d3e4f-0000-4000-8000-000000000000', 'append'));
    expect(missing).toMatchObject({ state: 'failed', failure: { code: 'destination.missing', stage: 'accept' } });
    const container = await containerOf({ quota_bytes: 20_000 });
    const sid = sidOf(await record(into(container), wav(8000)));
    expect(await record(onto(sid, 'append'), wav(8000))).toMatchObject({
      state: 'failed',
      failure: { code: 'destination.full' },
    });
    expect(samplesOf(await bytes(sid))).toBe(8000);
    expect((await core('GET', `/containers/${container}`)).json()).toMatchObject({ total_bytes: 16_044 });
    const text = await core('POST', '/files?name=note.txt', Buffer.from('no audio'), {
      'content-type': 'application/octet-stream',
    });
    expect(await record(onto(String(text.json()['file_sid']), 'append'))).toMatchObject({
      state: 'failed',
      failure: { code: 'media.format' },
    });
  });
});

describe('an upload', () => {
  it('goes when its time is over, and stays when it is to be kept', async () => {
    const { ports } = gateway.runtime;
    const container = await containerOf({ default_file_lifecycle_action: 'delete', default_file_lifecycle_ttl: 60 });
    const send = async () => {
      const answer = await core('POST', `/files?container_sid=${container}`, Buffer.from('x'), {
        'content-type': 'application/octet-stream',
      });
      return String(answer.json()['file_sid']);
    };
    const [due, kept] = [await send(), await send()];
    await core('PATCH', `/files/${kept}`, { lifecycle_ttl: -1 });
    expect(await expireFiles(ports, ['alpha'], new Date(Date.now() + 50_000))).toBe(0);
    expect(await expireFiles(ports, ['alpha'], new Date(Date.now() + 70_000))).toBe(1);
    expect([(await core('GET', `/files/${due}`)).status, (await core('GET', `/files/${kept}`)).status]).toEqual([
      404, 200,
    ]);
  });

  it.each([
    ['bytes alone', 'application/octet-stream', 'half of the'],
    [
      'multipart',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="data"; filename="a.txt"\r\n\r\nhalf of the',
    ],
  ])('that breaks off leaves nothing: %s', async (_what, contentType, sent) => {
    const container = await containerOf({});
    await core('PATCH', `/containers/${container}`, { quota_bytes: 100 });
    const { ports } = gateway.runtime;
    const body = async () => (await ports.ledger.documents.get('flexml.containers', application, container))?.body;
    const holds = async () => Object.keys((await body())?.['holds'] ?? {}).length;
    const object = contentType.startsWith('multipart')
      ? `--b\r\nContent-Disposition: form-data; name="file_object"\r\n\r\n{"container_sid":"${container}"}\r\n`
      : '';
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${CORE}/files?container_sid=${container} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\nContent-Type: ${contentType}\r\nContent-Length: 9999\r\n\r\n${object}${sent}`,
    );
    while ((await holds()) === 0) await delay(5);
    socket.destroy();
    while ((await holds()) > 0) await delay(5);
    expect((await core('GET', `/files?filter=container_sid eq ${container}`)).json()['total']).toBe(0);
    expect(await body()).toMatchObject({ total: { bytes: 0, files: 0 } });
  });
});

describe('what dead processes leave', () => {
  it('is put right: replaced bytes go, promises of ended recordings are taken back', async () => {
    const { ports } = gateway.runtime;
    const container = await containerOf({});
    const done = await record(into(container));
    await record(onto(sidOf(done), 'overwrite'));
    const hold = { bytes: 5, files: 1, at: '2020-01-01T00:00:00.000Z' };
    await ports.ledger.documents.update('flexml.containers', application, container, (current) =>
      current === null
        ? null
        : {
            body: { ...current.body, holds: { 'recording:unknown': hold, 'upload:gone': hold, 'move:gone:1': hold } },
            sealed: current.sealed,
          },
    );
    const later = { ...ports, clock: { now: () => new Date(Date.now() + 120_000) } };
    expect(await sweepCatalogues(later, ['alpha', 'beta'])).toBeGreaterThanOrEqual(4);
    const document = await ports.ledger.documents.get('flexml.containers', application, container);
    expect(document?.body['holds']).toEqual({});
    const files = await gateway.runtime.mediaStore.list(`alpha/${application}`, `f/${sidOf(done)}`);
    expect(files.length).toBe(1);
    expect(samplesOf(await bytes(sidOf(done)))).toBe(RATE);
  });
});

function streamOf(file: Buffer) {
  return Readable.from([file], { objectMode: false });
}
