import { afterEach, describe, expect, it } from '@jest/globals';
import type { FlowContext, WireRequest } from '#libs/recording-model';
import { sampleEvent, sampleRecording } from '#libs/testing';
import { startSinchApp, type SinchApp } from '../../../examples/sinch-app/index.js';
import { sinchAdapter } from './sinch.adapter.js';
import { FIXTURE_CALL, fixtureApplication, fixtureContext, sinchDocument } from './sinch.fixtures.js';

let app: SinchApp | undefined;
afterEach(() => app?.close());

async function send({ method, url, headers, body }: WireRequest): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { method, headers, body });
  return { status: response.status, text: await response.text() };
}

describe('the sample application', () => {
  it('accepts what the adapter sends, hands out a recording and hears of it', async () => {
    app = await startSinchApp({ port: 0, recordingOptions: { destinationUrl: 'sdrive://' } });
    const application = fixtureApplication({
      applicationKey: '669E367E-6BBA-48AB-AF15-266871C28135',
      callbackUrl: `${app.url}/callback`,
    });
    const now = new Date('2024-06-06T17:20:14Z');
    const flow: FlowContext = {
      application,
      call: FIXTURE_CALL,
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
    const first = sinchAdapter.firstRequest(application, FIXTURE_CALL);
    if (first === null) throw new Error('no first request');
    const ice = await send(sinchAdapter.renderFlowRequest(first, flow));
    const parsed = sinchAdapter.parse(sinchDocument(ice.text, 'ice'), fixtureContext(application));
    expect(parsed.steps.map(({ kind }) => kind)).toEqual(['speak', 'record', 'connect']);

    const [connect, record] = [parsed.steps[2], parsed.steps[1]];
    if (record?.kind !== 'record' || connect?.kind !== 'connect' || connect.next === null)
      throw new Error('no recording');
    const ace = await send(sinchAdapter.renderFlowRequest(connect.next, flow));
    expect(ace).toEqual({ status: 200, text: '{"action":{"name":"continue"}}' });

    const names = sinchAdapter.mintNames({ ...fixtureContext(application), spec: record.spec, recordingId: 'r' });
    const recording = sampleRecording(record.spec, names, { call: FIXTURE_CALL });
    for (const name of ['recording.finished', 'recording.available'] as const)
      for (const { request } of sinchAdapter.render(sampleEvent(name, recording), {
        recording,
        application,
        now,
        fallback: false,
      }))
        expect(await send(request)).toEqual({ status: 200, text: '' });
    for (const request of sinchAdapter.lastRequests(application, FIXTURE_CALL))
      expect((await send(sinchAdapter.renderFlowRequest(request, flow))).status).toBe(200);
    expect(app.received.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
      'ice',
      'ace',
      'notify',
      'notify',
      'dice',
    ]);
    expect(app.refused).toBe(0);
  });

  it('refuses what was not signed with its secret', async () => {
    app = await startSinchApp({ port: 0, applicationSecret: 'AAAA' });
    const application = fixtureApplication({ callbackUrl: `${app.url}/callback` });
    const first = sinchAdapter.firstRequest(application, FIXTURE_CALL);
    if (first === null) throw new Error('no first request');
    const context = {
      application,
      call: FIXTURE_CALL,
      callState: 'ringing' as const,
      callDurationMs: 0,
      answered: false,
      hangupBy: null,
      documentUrl: null,
      flowState: {},
      recording: null,
      collected: null,
      error: null,
      now: new Date(0),
    };
    expect((await send(sinchAdapter.renderFlowRequest(first, context))).status).toBe(401);
    expect(app.refused).toBe(1);
  });
});
