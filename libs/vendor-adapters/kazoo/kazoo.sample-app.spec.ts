import { describe, expect, it } from '@jest/globals';
import type { FlowContext, FlowStep, RecordAction, WireRequest } from '#libs/recording-model';
import { SAMPLE_CALL as CALL, sampleEvent, sampleRecording, seededIdSource } from '#libs/testing';
import { startKazooApp } from '../../../examples/kazoo-app/index.js';
import { kazooAdapter } from './index.js';

async function send({ method, url, headers, body }: WireRequest): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { method, headers: { ...headers }, body });
  return { status: response.status, text: await response.text() };
}

describe('the sample application', () => {
  it('hands out its callflow, takes the file and hears the webhook', async () => {
    const app = await startKazooApp({ port: 0 });
    try {
      const settings = { callflowUrl: `${app.url}/callflow`, webhookUri: `${app.url}/hook` };
      const application = { applicationId: 'app-1', tenantId: 'tenant-1', settings, secrets: {} };
      const now = new Date('2026-11-20T12:00:00Z');
      const flow: FlowContext = {
        application,
        call: CALL,
        callState: 'ringing',
        callDurationMs: 0,
        answered: false,
        hangupBy: null,
        documentUrl: null,
        flowState: {},
        recording: null,
        collected: null,
        error: null,
        now,
      };
      const first = kazooAdapter.firstRequest(application, CALL);
      if (first === null) throw new Error('there is no first request');
      const document = await send(kazooAdapter.renderFlowRequest(first, flow));

      const context = { application, call: CALL, ids: seededIdSource(1), now };
      const { steps } = kazooAdapter.parse({ body: document.text, role: 'flow', url: first.url }, context);
      expect(steps.map((step) => step.kind)).toEqual(['record', 'connect']);
      const record = steps.find((step): step is FlowStep & RecordAction => step.kind === 'record');
      if (record === undefined) throw new Error('the callflow records nothing');

      const names = kazooAdapter.mintNames({ ...context, spec: record.spec, recordingId: 'r1' });
      const recording = sampleRecording(record.spec, names, { call: CALL });
      const target = kazooAdapter.nameObject(recording, application);
      const file = new Uint8Array([0x49, 0x44, 0x33, 0, 255]);
      const upload = await fetch(target.name, {
        method: 'PUT',
        headers: { 'content-type': target.contentType },
        body: file,
      });
      expect(upload.status).toBe(201);

      const rendering = { recording, application, now, fallback: false };
      for (const { request } of kazooAdapter.render(sampleEvent('recording.finished', recording), rendering)) {
        expect((await send(request)).status).toBe(200);
      }
      expect(app.received.map(({ method, url }) => `${method} ${url.split(/\?|call_recording/)[0] ?? ''}`)).toEqual([
        'GET /callflow',
        'PUT /kzr/',
        'POST /hook',
      ]);
      expect([...app.files]).toEqual([[names['recordingId'], Buffer.from(file)]]);
      expect(new URLSearchParams(app.received[2]?.body).get('action')).toBe('doc_created');
    } finally {
      await app.close();
    }
  });
});
