import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFtpServer, startUploadServer, type FtpServer, type UploadServer } from '../../libs/storage/testing/index.js';
import { toneWav } from './testing/audio.js';
import { CALL, FileRecordings, first, UPLOAD } from './testing/file-recordings.js';
import { GatewayUnderTest, type Body } from './testing/gateway-under-test.js';

const LOGIN = { user: 'recorder', password: 's3cret-pass' };

describe('recordings that are uploaded', () => {
  let gateway: GatewayUnderTest;
  let files: FileRecordings;
  let ftp: FtpServer;
  let web: UploadServer;

  beforeAll(async () => {
    [ftp, web] = await Promise.all([startFtpServer(LOGIN), startUploadServer()]);
    ftp.makeDirectory('in');
    gateway = await GatewayUnderTest.start({ works: true });
    files = new FileRecordings(gateway);
  });

  afterAll(async () => {
    await gateway?.stop();
    await Promise.all([ftp?.close(), web?.close()]);
  });

  async function recorded(applicationId: string, wish: object): Promise<Body> {
    const started = await files.start({ applicationId, source: UPLOAD, call: CALL, ...wish });
    const id = String(first(started)['id']);
    await files.deliver(id, toneWav(1));
    return gateway.until(id, 'available', 'failed');
  }

  it('go to the FTP directory of a Kazoo document, and leave it when they are deleted', async () => {
    const application = await gateway.application('kazoo', {});
    const url = `ftp://recorder:s3cret-pass@127.0.0.1:${ftp.port}/in`;
    const data = { action: 'start', format: 'wav', url };
    const recording = await recorded(application, { document: JSON.stringify({ module: 'record_call', data }) });
    const { state, receipt } = recording as unknown as { state: string; receipt: { location: string; sizeBytes: number } };
    expect([state, receipt.location]).toEqual(['available', `ftp://127.0.0.1:${ftp.port}/in/call_recording_c-1.wav`]);
    expect(ftp.read('in/call_recording_c-1.wav')).toHaveLength(receipt.sizeBytes);
    expect(files.answers.join('\n') + JSON.stringify(recording)).not.toContain('s3cret-pass');

    const deleted = await gateway.ask('DELETE', `/v1/recordings/${String(recording['id'])}`);
    expect(deleted.status).toBeLessThan(300);
    expect(ftp.files()).toEqual([]);
  });

  it.each(['flexml', 'kazoo', 'aculab', 'sinch'] as const)('bear the name of %s in a folder of a job of our own', async (vendor) => {
    const application = await gateway.application(vendor, {});
    const destination = { kind: 'http-upload', url: `${web.url}/${vendor}/` };
    const recording = await recorded(application, { spec: { destination } });
    expect(recording).toMatchObject({ state: 'available' });
    const { location, sizeBytes } = recording['receipt'] as unknown as { location: string; sizeBytes: number };
    expect(location).toMatch(new RegExp(`^${web.url}/${vendor}/.+`));
    expect(web.object(location.slice(web.url.length))?.body).toHaveLength(sizeBytes);
  });

  it('fail with the reason when the directory is not there, and are kept', async () => {
    const application = await gateway.application('kazoo', {});
    const destination = { kind: 'ftp-upload', url: `ftp://127.0.0.1:${ftp.port}/nowhere`, userinfo: { secret: 'login' } };
    const recording = await recorded(application, { spec: { destination }, secrets: { login: 'recorder:s3cret-pass' } });
    expect(recording).toMatchObject({ state: 'failed', failure: { code: 'destination.missing', stage: 'store' } });
  });
});
