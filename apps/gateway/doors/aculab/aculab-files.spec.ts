import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MULAW_SILENCE, writeWavHeader } from '#libs/media';
import { changeApplication, requireApplication } from '#libs/orchestration';
import { toneWav } from '../../testing/audio.js';
import { FileRecordings } from '../../testing/file-recordings.js';
import { BETA_KEY, GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { AculabClient } from './testing/aculab-client.js';

const USER = '1-2-0/bob@example.com';
const KEY = 'access-key-of-bob';

let gateway: GatewayUnderTest;
let bob: AculabClient;
let recorder: FileRecordings;
let firstApp: string;
let secondApp: string;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ works: true });
  firstApp = await gateway.application('aculab', { cloudUser: USER, accessKey: KEY });
  secondApp = await gateway.application('aculab', { cloudUser: USER.toUpperCase(), accessKey: KEY });
  await gateway.application('aculab', { cloudUser: USER, accessKey: 'the key of somebody else' });
  await gateway.application('aculab', { cloudUser: '1-2-0/eve@example.com', accessKey: 'key-of-eve' }, BETA_KEY);
  bob = new AculabClient(gateway.url, USER, KEY);
  recorder = new FileRecordings(gateway);
}, 30_000);

afterAll(() => gateway.stop());

const mulawWav = (samples = 800): Buffer =>
  Buffer.concat([
    writeWavHeader({ codec: 'mulaw', sampleRate: 8000, channels: 1, samples }),
    Buffer.alloc(samples, MULAW_SILENCE),
  ]);

/** The name that the media store lists a recording by. */
async function recordingName(application = firstApp): Promise<string> {
  const before = Object.keys((await bob.get('file_list', { filetype: 'media' })).json() as object);
  await recorder.available(application);
  const after = Object.keys((await bob.get('file_list', { filetype: 'media' })).json() as object);
  const [name = ''] = after.filter((each) => !before.includes(each));
  return name;
}

describe('the file store', () => {
  it('lists and hands out a recording by GET and by POST form, with and without its leading slash', async () => {
    const name = await recordingName();
    expect(name).toMatch(/^\/rest_api\/recordings\/\d{4}\/\d\d\/\d\d\/\d\d_\d\d_\d\d_[0-9a-f]{16}\.\d+\.wav$/);
    for (const filename of [name, name.slice(1)]) {
      for (const answer of [
        await bob.get('file_get', { filetype: 'media', filename }),
        await bob.post('file_get', { filetype: 'media', filename }),
      ]) {
        expect(answer).toMatchObject({ status: 200, contentType: 'audio/x-wav' });
        expect(answer.bytes.subarray(0, 4).toString()).toBe('RIFF');
        expect(answer.bytes.length).toBeGreaterThan(8000);
      }
    }
    const listed = await bob.post('file_list', { filetype: 'media', filename: name });
    expect(listed.json()).toEqual({
      [name]: { created_date: expect.stringMatching(/^\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d$/), size: expect.any(Number) },
    });
    expect((await bob.get('file_list', { filetype: 'media', prefix: '/rest_api/none' })).json()).toEqual({});
  });

  it('never writes over a recording', async () => {
    const name = await recordingName();
    const before = (await bob.get('file_get', { filetype: 'media', filename: name })).bytes;
    expect((await bob.upload({ filetype: 'media', filename: name }, mulawWav())).status).toBe(400);
    await bob.upload({ filetype: 'media', filename: 'other.wav' }, mulawWav());
    const move = { filetype: 'media', filename: 'other.wav', new_filename: name };
    expect((await bob.post('file_move', move)).status).toBe(400);
    const after = (await bob.get('file_get', { filetype: 'media', filename: name })).bytes;
    expect(after.equals(before)).toBe(true);
  });

  it('deletes a recording; its record stays and says so', async () => {
    const name = await recordingName(secondApp);
    expect((await bob.post('file_delete', { filetype: 'media', filename: name })).status).toBe(200);
    for (const service of ['file_get', 'file_delete']) {
      const gone = await bob.post(service, { filetype: 'media', filename: name });
      expect(gone.status).toBe(404);
      expect(gone.json()).toMatchObject({ error: { code: 'HTTP 404' } });
    }
    const { recordings } = gateway.runtime.ports.ledger;
    const { items } = await recordings.list({ tenantId: 'alpha', applicationId: secondApp, limit: 10 });
    expect(items).toEqual([expect.objectContaining({ state: 'available', deletedAt: expect.any(String) })]);
  });

  it('takes a multipart upload, its fields before or behind the file, and the body alone', async () => {
    const wav = mulawWav();
    const upload = await bob.upload({ filetype: 'media', filename: 'prompts/hello.wav' }, wav, 'fields first');
    expect(upload).toMatchObject({ status: 200 });
    expect(upload.json()).toEqual({ filename: 'prompts/hello.wav', size: wav.length });
    expect((await bob.upload({ filetype: 'media', filename: '/late.wav' }, toneWav(0.1), 'file first')).status).toBe(
      200,
    );
    const query = '?filetype=media&filename=body.wav';
    expect((await bob.send('POST', `file_write${query}`, { 'content-type': 'audio/x-wav' }, wav)).status).toBe(200);
    const names = Object.keys((await bob.get('file_list', { filetype: 'media' })).json() as object);
    expect(names).toEqual(expect.arrayContaining(['prompts/hello.wav', '/late.wav', 'body.wav']));
    const back = await bob.get('file_get', { filetype: 'media', filename: '/prompts/hello.wav' });
    expect(back.bytes.equals(wav)).toBe(true);
    for (const applicationId of [firstApp, secondApp]) {
      const address = { tenantId: 'alpha', applicationId, name: 'prompts/hello.wav' };
      expect(await gateway.runtime.ports.files?.stat(address)).toMatchObject({ sizeBytes: wav.length });
    }
  });

  it('checks the format of what is not encrypted, and of nothing else', async () => {
    const stereo = writeWavHeader({ codec: 'pcm16', sampleRate: 8000, channels: 2, samples: 0 });
    const fast = writeWavHeader({ codec: 'pcm16', sampleRate: 48_000, channels: 1, samples: 0 });
    for (const bytes of [Buffer.from('no audio at all'), Buffer.from(stereo), Buffer.from(fast), Buffer.alloc(0)]) {
      const answer = await bob.upload({ filetype: 'media', filename: 'bad.wav' }, bytes);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error: { code: '0002' } });
    }
    expect((await bob.get('file_get', { filetype: 'media', filename: 'bad.wav' })).status).toBe(404);
    const secret = Buffer.from('0123456789abcdef');
    const written = await bob.upload({ filetype: 'media', filename: 'secret.wav', encrypted: 'true' }, secret);
    expect(written.status).toBe(200);
    expect((await bob.get('file_get', { filetype: 'media', filename: 'secret.wav' })).bytes.equals(secret)).toBe(true);
  });

  it('moves a file', async () => {
    await bob.upload({ filetype: 'media', filename: 'old.wav' }, mulawWav());
    const move = { filetype: 'media', filename: 'old.wav', new_filename: 'archive/new.wav' };
    expect((await bob.post('file_move', move)).status).toBe(200);
    expect((await bob.get('file_get', { filetype: 'media', filename: 'old.wav' })).status).toBe(404);
    expect((await bob.get('file_get', { filetype: 'media', filename: 'archive/new.wav' })).status).toBe(200);
    expect((await bob.post('file_move', move)).status).toBe(404);
  });

  it.each(['../secret.wav', 'a//b.wav', 'a/./b.wav', 'über.wav', 'a b.wav', 'dir/', `${'x'.repeat(300)}.wav`])(
    'refuses the name %s',
    async (filename) => {
      for (const answer of [
        await bob.get('file_get', { filetype: 'media', filename }),
        await bob.upload({ filetype: 'media', filename }, mulawWav()),
      ])
        expect([answer.status, answer.json()]).toEqual([
          400,
          expect.objectContaining({ error: expect.objectContaining({ code: '0002' }) }),
        ]);
    },
  );

  it('keeps a file and files that seem to lie below it apart, and answers strange names like any other', async () => {
    for (const filename of ['tree.wav', 'tree.wav/leaf.wav', '.wav', '@:-_.wav', '.hidden/x.wav'])
      expect([filename, (await bob.upload({ filetype: 'media', filename }, mulawWav())).status]).toEqual([
        filename,
        200,
      ]);
    for (const filename of ['tree.wav', 'tree.wav/leaf.wav', '@:-_.wav', '.hidden/x.wav']) {
      expect((await bob.get('file_get', { filetype: 'media', filename })).bytes.length).toBeGreaterThan(800);
      expect((await bob.post('file_delete', { filetype: 'media', filename })).status).toBe(200);
      expect((await bob.get('file_get', { filetype: 'media', filename })).status).toBe(404);
    }
    for (const filename of ['.', '/.', 'tree.wav/.', 'a/.', 'con.wav'])
      for (const service of ['file_get', 'file_delete'])
        expect([filename, [400, 404]]).toEqual([
          filename,
          expect.arrayContaining([(await bob.post(service, { filetype: 'media', filename })).status]),
        ]);
  });

  it('refuses a new file without one of the extensions, and a form without a file', async () => {
    expect((await bob.upload({ filetype: 'media', filename: 'hello.mp3' }, mulawWav())).status).toBe(400);
    const both = await bob.get('file_get');
    expect([both.status, both.json()]).toEqual([
      400,
      expect.objectContaining({
        error: expect.objectContaining({
          code: 'HTTP 400',
          details: ['The parameter filetype is missing', 'The parameter filename is missing'],
        }),
      }),
    ]);
    const none = await bob.upload({ filetype: 'media', filename: 'hello.wav' }, null);
    expect([none.status, none.json()]).toEqual([
      400,
      expect.objectContaining({ error: expect.objectContaining({ code: '0001' }) }),
    ]);
    const broken = await bob.send('POST', 'file_write', { 'content-type': 'multipart/form-data' }, Buffer.from('x'));
    expect(broken.status).toBe(400);
    const cut = await bob.send(
      'POST',
      'file_write',
      { 'content-type': 'multipart/form-data; boundary=x' },
      Buffer.from('--x\r\n'),
    );
    expect(cut.status).toBe(400);
  });
});

describe('errors', () => {
  it('have the codes of the contract', async () => {
    const cases: readonly [string, Record<string, string>, number, string][] = [
      ['file_get', { filetype: 'media' }, 400, '0001'],
      ['file_get', { filename: 'x.wav' }, 400, '0001'],
      ['file_get', { filetype: 'video', filename: 'x.wav' }, 400, '0002'],
      ['file_get', { filetype: 'media', filename: 'none.wav' }, 404, 'HTTP 404'],
      ['access-token/new-access-token', { ttl: '0' }, 400, '0004'],
      ['access-token/new-access-token', { ttl: '59' }, 400, '0002'],
      ['access-token/new-access-token', { ttl: '1e3' }, 400, '0002'],
      ['rest_interrupt', {}, 400, '0001'],
      ['application_status', { application_instance_id: 'none' }, 404, 'HTTP 404'],
    ];
    for (const [service, parameters, status, code] of cases) {
      const answer = await bob.post(service, parameters);
      expect([service, answer.status, (answer.json() as { error: { code: string } }).error.code]).toEqual([
        service,
        status,
        code,
      ]);
    }
    const twice = await bob.send('GET', 'file_get?filetype=media&filename=a.wav&filename=b.wav');
    expect([twice.status, twice.json()]).toEqual([
      400,
      {
        error: {
          code: '0003',
          text: expect.stringContaining('filename'),
          datetime: expect.any(String),
          link: expect.stringMatching(/^https:.*error=0003$/),
        },
        request: { url: '/file_get', datetime: expect.any(String) },
      },
    ]);
  });

  it('are JSON only for those who accept it', async () => {
    const page = await bob.send('GET', 'file_get?filetype=%3Cscript%3E&filename=x.wav', { accept: '*/*' });
    expect(page).toMatchObject({ status: 400, contentType: 'text/html; charset=utf-8' });
    expect(page.bytes.toString()).toContain('Error 0002');
    expect(page.bytes.toString()).not.toContain('<script>');
  });
});

describe('who asks', () => {
  it('must be the user with the key; everybody else gets 401 in the form of the services', async () => {
    const strangers = [
      new AculabClient(gateway.url, USER, 'wrong'),
      new AculabClient(gateway.url, '1-2-0/nobody@example.com', KEY),
      new AculabClient(gateway.url, USER, ''),
    ];
    for (const stranger of strangers) {
      const answer = await stranger.get('file_list', { filetype: 'media' });
      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ error: { code: 'HTTP 401' } });
    }
    expect(
      (await new AculabClient(gateway.url, USER.toUpperCase(), KEY).get('file_list', { filetype: 'media' })).status,
    ).toBe(200);
  });

  it('sees its own files alone', async () => {
    await bob.upload({ filetype: 'media', filename: 'private.wav' }, mulawWav());
    const others = [
      new AculabClient(gateway.url, '1-2-0/eve@example.com', 'key-of-eve'),
      new AculabClient(gateway.url, USER, 'the key of somebody else'),
    ];
    for (const other of others) {
      expect((await other.get('file_list', { filetype: 'media' })).json()).toEqual({});
      for (const service of ['file_get', 'file_delete'])
        expect((await other.post(service, { filetype: 'media', filename: 'private.wav' })).status).toBe(404);
    }
    expect((await bob.get('file_get', { filetype: 'media', filename: 'private.wav' })).status).toBe(200);
  });

  it('may hand out tokens that open less, and lapse', async () => {
    await bob.upload({ filetype: 'media', filename: 'shared/a.wav' }, mulawWav());
    const grant = { ttl: '60', filetypes: 'media', file_prefix: 'shared/' };
    const token = (await bob.post('access-token/new-access-token', grant)).json() as string;
    const bearer = bob.bearing(token);
    expect((await bearer.get('file_get', { filetype: 'media', filename: '/shared/a.wav' })).status).toBe(200);
    expect(Object.keys((await bearer.get('file_list', { filetype: 'media' })).json() as object)).toEqual([
      'shared/a.wav',
    ]);
    const refused = [
      await bearer.get('file_get', { filetype: 'media', filename: 'secret.wav' }),
      await bearer.get('file_get', { filetype: 'rest', filename: '/rest_logs/2026/01/01/0123456789abcdef.1.txt' }),
      await bearer.post('file_delete', { filetype: 'media', filename: 'shared/a.wav' }),
      await bearer.post('access-token/new-access-token', { ttl: '60' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    const forged = await bob.bearing(`${token.slice(0, -4)}AAAA`).get('file_list', { filetype: 'media' });
    expect([forged.status, forged.json()]).toEqual([
      401,
      expect.objectContaining({ error: expect.objectContaining({ code: '0405' }) }),
    ]);
    expect(await gateway.everythingWritten()).not.toContain(token);
  });

  it('loses its tokens when the access key is changed', async () => {
    const ann = '1-2-0/ann@example.com';
    const id = await gateway.application('aculab', { cloudUser: ann, accessKey: 'first key' });
    const before = new AculabClient(gateway.url, ann, 'first key');
    const token = (await before.get('access-token/new-access-token', { ttl: '60' })).json() as string;
    expect((await bob.bearing(token).get('file_list', { filetype: 'media' })).status).toBe(200);
    const { ports } = gateway.runtime;
    const application = await requireApplication(ports, 'alpha', id);
    await changeApplication(ports, application, { accessKey: 'second key' });
    expect((await bob.bearing(token).get('file_list', { filetype: 'media' })).status).toBe(401);
    expect((await before.get('file_list', { filetype: 'media' })).status).toBe(401);
  });

  it('is told what secures the connection', async () => {
    expect((await bob.get('security/protocol_check')).json()).toEqual({
      pass: false,
      protocol: '',
      cipher: '',
      user_agent: expect.any(String),
      source_address: expect.stringContaining('127.0.0.1'),
    });
  });
});
