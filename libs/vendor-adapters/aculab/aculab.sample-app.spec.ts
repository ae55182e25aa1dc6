import { describe, expect, it } from '@jest/globals';
import type { ApplicationView, FlowContext, FlowRequest, ParsedDocument, WireRequest } from '#libs/recording-model';
import { sampleEvent, sampleRecording } from '#libs/testing';
import { startAculabApp } from '../../../examples/aculab-app/index.js';
import { aculabAdapter } from './index.js';
import { CALL, context, recordOf } from './testing/parsing.js';

async function send({ method, url, headers, body }: WireRequest): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { method, headers: { ...headers }, body });
  return { status: response.status, text: await response.text() };
}

describe.each(['POST', 'GET'])('the sample application, asked by %s', (method) => {
  it('hands out its record action and hears of the recording', async () => {
    const app = await startAculabApp({ port: 0 });
    try {
      const pages = { firstPage: `${app.url}/first`, finalPage: 'final', errorPage: 'error' };
      const methods = { firstPageMethod: method, finalPageMethod: method, errorPageMethod: method };
      const application: ApplicationView = { ...context().application, settings: { ...pages, ...methods } };
      const base = { call: CALL, callState: 'answered', callDurationMs: 9000, answered: true, hangupBy: null } as const;
      const flow: FlowContext = {
        ...base,
        application,
        documentUrl: null,
        flowState: {},
        recording: null,
        collected: null,
        error: null,
        now: new Date('2024-03-05T14:35:09.000Z'),
      };
      const ask = async (page: FlowRequest, more: Partial<FlowContext> = {}): Promise<ParsedDocument> => {
        const { status, text } = await send(aculabAdapter.renderFlowRequest(page, { ...flow, ...more }));
        expect(status).toBe(200);
        return aculabAdapter.parse({ body: text, role: 'flow', url: page.url }, { ...context(), application });
      };

      const first = aculabAdapter.firstRequest(application, CALL);
      if (first === null) throw new Error('there is no first page');
      const document = await ask(first);
      expect(document.steps.map((step) => step.kind)).toEqual(['speak', 'record']);
      expect(document.warnings).toEqual([]);

      const { spec } = recordOf(document);
      const names = aculabAdapter.mintNames({ ...context(), spec, recordingId: 'r1' });
      const recording = sampleRecording(spec, names, { call: CALL });
      const next = spec.continuation?.onCompleted ?? null;
      if (next === null) throw new Error('there is no next page');
      const thanks = await ask(next, { recording, flowState: document.flowState });
      expect(thanks.steps).toMatchObject([{ kind: 'speak', text: 'Thank you for your message.' }, { kind: 'hangup' }]);

      const rendering = { recording, application, now: flow.now, fallback: false };
      const told = aculabAdapter.render(sampleEvent('recording.available', recording), rendering);
      for (const { request } of told) expect(await send(request)).toEqual({ status: 204, text: '' });
      for (const page of aculabAdapter.lastRequests(application, CALL)) await ask(page, { callState: 'ended' });
      expect(app.received.map((request) => `${request.method} ${request.url.split('?')[0] ?? ''}`)).toEqual([
        `${method} /first`,
        'POST /next',
        'POST /available',
        `${method} /final`,
      ]);
    } finally {
      await app.close();
    }
  });
});
