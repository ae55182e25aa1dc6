import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayUnderTest, type Answer, type Body } from '../../testing/gateway-under-test.js';

const CORE = '/carrierx/core/v2/storage';

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  await gateway.application('flexml', { accountToken: 'token' });
});
afterAll(() => gateway.stop());

function core(
  method: string,
  path: string,
  body?: object | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return gateway.ask(method, CORE + path, { key: 'token', headers, ...(body === undefined ? {} : { body }) });
}

function upload(query: string, bytes: string): Promise<Answer> {
  return core('POST', `/files${query}`, Buffer.from(bytes), { 'content-type': 'application/octet-stream' });
}

async function container(fields: object = {}): Promise<Body> {
  return (await core('POST', '/containers', fields)).json();
}

describe('public links', () => {
  const link = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    gateway.ask(method, path, { key: null, headers });

  it('lead to the file with and without extension, whatever the query says', async () => {
    const sid = String((await upload('?name=a.mp3', '0123456789')).json()['file_sid']);
    for (const path of [
      `/carrierx/f/${sid}`,
      `/carrierx/f/${sid}.mp3`,
      `/f/${sid}`,
      `/carrierx/f/${sid}?format=17.wav`,
      `/carrierx//f/${sid}.MP3`,
    ]) {
      const answer = await link(path);
      expect([path, answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
        path,
        200,
        '0123456789',
        'audio/mpeg',
      ]);
    }
    expect((await link(`/carrierx/f/${sid}.wav`)).status).toBe(404);
    const range = await link(`/carrierx/f/${sid}`, { range: 'bytes=2-4' });
    // Players of any web page fetch them.
    expect(range.headers.get('access-control-allow-origin')).toBe('*');
    expect([range.status, range.text, range.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10']);
    const head = await link(`/carrierx/f/${sid}`, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, '10', '']);
    expect((await link(`/carrierx/f/${sid}`, { range: 'bytes=10-' })).status).toBe(416);
  });

  it('lead by access name where the file is published so, and only there', async () => {
    const container_ = String((await container({ default_file_publish: 'file_access_name' }))['container_sid']);
    const file = (await upload(`?container_sid=${container_}&name=a.mp3`, 'named')).json();
    const sid = String(file['file_sid']);
    expect(file['publish_uri']).toBe(`https://storage.carrierx.com/c/${container_}/${sid}.mp3`);
    expect((await link(`/carrierx/c/${container_}/${sid}.mp3?x=1`)).text).toBe('named');
    expect((await link(`/carrierx/f/${sid}`)).status).toBe(404);
    expect((await link(`/f/${sid}`)).status).toBe(404);
    await core('PATCH', `/files/${sid}`, { file_access_name: 'greeting.mp3' });
    expect((await link(`/carrierx/c/${container_}/greeting.mp3`)).text).toBe('named');
    expect((await link(`/carrierx/c/${container_}/${sid}.mp3`)).status).toBe(404);
    const second = String((await upload(`?container_sid=${container_}`, 'x')).json()['file_sid']);
    expect((await core('PATCH', `/files/${second}`, { file_access_name: 'greeting.mp3' })).status).toBe(409);
    await core('PATCH', `/files/${sid}`, { file_access_name: 'other.mp3' });
    expect((await core('PATCH', `/files/${second}`, { file_access_name: 'greeting.mp3' })).status).toBe(200);
    expect((await link(`/carrierx/c/${container_}/greeting.mp3`)).text).toBe('x');
    await core('DELETE', `/files/${second}`);
    expect((await link(`/carrierx/c/${container_}/greeting.mp3`)).status).toBe(404);
    expect((await core('PATCH', `/files/${sid}`, { file_access_name: 'greeting.mp3' })).status).toBe(200);
  });

  it('never lead to two files: an access name is taken once in a container, however many want it at once', async () => {
    const [here, there] = [await container(), await container()].map((each) => String(each['container_sid']));
    const wanted = `?container_sid=${here}&publish=file_access_name&file_access_name=one.mp3`;
    const made = await Promise.all(['a', 'b', 'c', 'd'].map((text) => upload(wanted, text)));
    const [winner, ...others] = made.toSorted((a, b) => a.status - b.status);
    expect([winner?.status, ...others.map(({ status }) => status)]).toEqual([201, 409, 409, 409]);
    expect(winner?.json()['file_access_name']).toBe('one.mp3');
    const files = await core('GET', `/files?${new URLSearchParams({ filter: `container_sid eq ${here}` }).toString()}`);
    expect(files.json()['total']).toBe(1);
    expect((await upload(wanted, 'late')).status).toBe(409);

    const namesake = await upload(wanted.replace(String(here), String(there)), 'elsewhere');
    expect(namesake.status).toBe(201);
    const sid = String(namesake.json()['file_sid']);
    expect((await core('PATCH', `/files/${sid}`, { container_sid: here })).status).toBe(409);
    expect((await link(`/carrierx/c/${there}/one.mp3`)).text).toBe('elsewhere');
    const other = await core('PATCH', `/files/${sid}`, { container_sid: here, file_access_name: 'two.mp3' });
    expect([other.status, other.json()['container_sid']]).toEqual([200, here]);
    expect((await link(`/carrierx/c/${here}/two.mp3`)).text).toBe('elsewhere');
    expect((await link(`/carrierx/c/${there}/one.mp3`)).status).toBe(404);
  });

  it('lead to nothing that the books do not hold, or hold no more', async () => {
    const { documents } = gateway.runtime.ports.ledger;
    const [application] = (await gateway.runtime.ports.ledger.applications.list('alpha')).map(({ id }) => id);
    const sid = String((await upload('?name=a.mp3', 'going')).json()['file_sid']);
    await documents.update('flexml.files', application ?? '', sid, (current) =>
      current === null ? null : { body: { ...current.body, deleting: true }, sealed: null },
    );
    for (const path of [`/carrierx/f/${sid}`, `/f/${sid}.mp3`]) expect((await link(path)).status).toBe(404);
  });

  it('note when the file was read last', async () => {
    const file = (await upload('?name=a.mp3', 'read me')).json();
    const sid = String(file['file_sid']);
    expect(file['date_last_accessed']).toEqual(file['date_modified']);
    const lastAccess = async () => (await core('GET', `/files/${sid}`)).json()['date_last_accessed'];
    await link(`/carrierx/f/${sid}`);
    while ((await lastAccess()) === file['date_modified']) await delay(5);
    const first = await lastAccess();
    await link(`/carrierx/f/${sid}`);
    await delay(50);
    expect(await lastAccess()).toEqual(first);
  });

  it('lead nowhere when the container allows no publishing', async () => {
    const container_ = String((await container())['container_sid']);
    const sid = String((await upload(`?container_sid=${container_}`, 'private')).json()['file_sid']);
    expect((await link(`/carrierx/f/${sid}`)).status).toBe(200);
    await core('PATCH', `/containers/${container_}`, { allow_publish: false });
    for (const path of [`/carrierx/f/${sid}`, `/f/${sid}`]) expect((await link(path)).status).toBe(404);
    expect((await core('GET', `/files/${sid}/data`)).text).toBe('private');
  });
});
