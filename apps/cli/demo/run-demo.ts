import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RtpPhone, startClock, type Conversation } from './conversation-sender.js';
import type { DemoLine } from './demo-report.js';
import { DEMO_VENDORS, type DemoVendor, type Promised, type Received, type RunningApp } from './demo-vendors.js';
import type { GatewayClient, ShownRecording } from './gateway-client.js';

const BEGIN_TIMEOUT_MS = 15_000;
const EVENTS_TIMEOUT_MS = 20_000;
/** A recording that begins with the first sound may lose a moment of the conversation's edges. */
const MOST_MISSING_MS = 250;
/** The file is as long as the time from its first to its last sample, give or take two frames and the clocks. */
const CLOCK_TOLERANCE_MS = 100;

interface PlacedCall {
  readonly vendor: DemoVendor;
  readonly app: RunningApp;
  readonly callRef: string;
  readonly caller: RtpPhone;
  readonly callee: RtpPhone;
}

/** Places one call per vendor, speaks the conversation into each as RTP in real time, and looks at what came back. */
export async function runDemo(
  gateway: GatewayClient,
  gatewayUrl: string,
  conversation: Conversation,
  progress: (text: string) => void,
): Promise<readonly DemoLine[]> {
  const calls: PlacedCall[] = [];
  let stopClock = () => undefined as void;
  try {
    for (const vendor of DEMO_VENDORS) calls.push(await place(gateway, gatewayUrl, vendor));
    stopClock = startClock(calls.flatMap(({ caller, callee }) => [caller, callee]));
    progress('four calls are up, waiting for their recordings to begin');
    for (const call of calls) await untilListening(gateway, call);
    progress(`speaking for ${(conversation.durationMs / 1000).toFixed(1)} s, as RTP in real time`);
    for (const { caller, callee } of calls) {
      caller.speak(conversation.caller);
      callee.speak(conversation.callee);
    }
    await delay(conversation.durationMs + 300);
    for (const call of calls) await gateway.hangup(call.callRef, 'caller').catch(() => undefined);
    progress('hung up, waiting for files and events');
    return await Promise.all(calls.map((call) => lineOf(gateway, call, conversation)));
  } finally {
    stopClock();
    for (const { app, caller, callee } of calls) {
      caller.close();
      callee.close();
      await app.close();
    }
  }
}

async function place(gateway: GatewayClient, gatewayUrl: string, vendor: DemoVendor): Promise<PlacedCall> {
  const app = await vendor.start();
  const { id } = await gateway.createApplication(vendor.vendor, vendor.settings(app, gatewayUrl));
  const leg = { transport: 'rtp', codec: 'PCMU', telephoneEventPayloadType: 101 };
  const call = await gateway.createCall({
    applicationId: id,
    call: { from: '+15165550138', to: '+15165550137' },
    legs: { caller: leg, callee: leg },
    fetchDocument: true,
  });
  const phone = (party: string) => new RtpPhone(call.media[party]?.address ?? '');
  return { vendor, app, callRef: call.callRef, caller: phone('caller'), callee: phone('callee') };
}

/** A recording that waits for the first sound is listening too. */
async function untilListening(gateway: GatewayClient, { callRef, vendor }: PlacedCall): Promise<void> {
  const deadline = Date.now() + BEGIN_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const recording = await gateway.recordingOf(callRef);
    if (recording?.state === 'capturing' || (recording?.state === 'armed' && vendor.vendor === 'aculab')) {
      // The beep is over before anybody speaks.
      await delay(recording.state === 'armed' ? 1200 : 0);
      return;
    }
    await delay(50);
  }
  const { warnings } = await gateway.call(callRef);
  throw new Error(`${vendor.vendor}: the recording did not begin. ${warnings.join('; ')}`);
}

async function lineOf(gateway: GatewayClient, call: PlacedCall, conversation: Conversation): Promise<DemoLine> {
  const { vendor, app } = call;
  const recording = await untilAllIsThere(gateway, call);
  const endedAt = Date.parse(recording?.capture?.endedAt ?? '');
  const arrivals = vendor.promised.map((promised) => ({ promised, request: app.received.find((each) => promised.matches(each)) }));
  const faults = [
    ...(recording === null ? ['there is no recording'] : await fileFaults(gateway, recording, app, conversation)),
    ...arrivals.filter(({ request }) => request === undefined).map(({ promised }) => `${promised.name} never came`),
    ...orderFaults(arrivals),
  ];
  const { format, channels } = recording?.spec ?? { format: { container: '-', codec: '-' }, channels: 0 };
  return {
    vendor: vendor.vendor,
    document: vendor.document,
    format: `${format.container} ${format.codec} ${channels === 2 ? 'stereo' : 'mono'}`,
    state: recording?.state ?? 'none',
    durationMs: recording?.rendition?.durationMs ?? null,
    sha256: recording?.rendition?.sha256 ?? null,
    location: recording?.receipt?.location ?? null,
    events: arrivals.map(({ promised, request }) => ({ name: promised.name, delayMs: request === undefined ? null : request.at - endedAt })),
    faults,
  };
}

async function untilAllIsThere(gateway: GatewayClient, { vendor, app, callRef }: PlacedCall): Promise<ShownRecording | null> {
  const deadline = Date.now() + EVENTS_TIMEOUT_MS;
  for (;;) {
    const recording = await gateway.recordingOf(callRef);
    const complete = vendor.promised.every((promised) => app.received.some((request) => promised.matches(request)));
    if ((recording?.state === 'available' && complete) || Date.now() > deadline) return recording;
    await delay(20);
  }
}

/** The state, the length, and the bytes themselves: what is downloadable (or was uploaded) must be what was promised. */
async function fileFaults(
  gateway: GatewayClient,
  recording: ShownRecording,
  app: RunningApp,
  conversation: Conversation,
): Promise<string[]> {
  const { state, failure, rendition, capture } = recording;
  if (state !== 'available' || rendition === null || capture === null) return [`the recording is ${state}${failure === null ? '' : `: ${failure.message}`}`];
  const faults: string[] = [];
  const spanMs = Date.parse(capture.endedAt) - Date.parse(capture.startedAt);
  if (rendition.durationMs < conversation.durationMs - MOST_MISSING_MS) {
    faults.push(`it is ${rendition.durationMs} ms long, the conversation ${conversation.durationMs} ms`);
  }
  if (Math.abs(rendition.durationMs - spanMs) > CLOCK_TOLERANCE_MS) {
    faults.push(`it is ${rendition.durationMs} ms long, but ${spanMs} ms were recorded`);
  }
  const audio = (await gateway.audio(recording.id)) ?? [...(app.files?.values() ?? [])][0];
  if (audio === undefined) faults.push('the file is nowhere to be had');
  else if (createHash('sha256').update(audio).digest('hex') !== rendition.sha256) faults.push('the stored file has another checksum');
  return faults;
}

function orderFaults(arrivals: readonly { promised: Promised; request: Received | undefined }[]): string[] {
  const came = arrivals.flatMap(({ promised, request }) =>
    request === undefined || promised.anytime === true ? [] : [{ name: promised.name, at: request.at }],
  );
  return came.flatMap((each, index) => {
    const before = came[index - 1];
    return before !== undefined && before.at > each.at ? [`${each.name} came before ${before.name}`] : [];
  });
}
