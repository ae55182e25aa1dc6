import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RequestFailedError } from '@sinch/sdk-client';
import { Voice, VoiceService } from '@sinch/voice';
import { CommandServer } from '../../testing/command-server.js';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

/** The published example of the vendor (contract §4.4). */
const applicationKey = '669E367E-6BBA-48AB-AF15-266871C28135';
const applicationSecret = 'BeIukql3pTKJ8RGL5zo0DA==';

let gateway: GatewayUnderTest;
let node: Awaited<ReturnType<typeof CommandServer.start>>;
let application: string;
let voice: VoiceService;

/** The official SDK; the address is all that differs from an application of the vendor. */
function sdk(credentials = { applicationKey, applicationSecret }): VoiceService {
  const address = `${gateway.url}/sinch`;
  const hosts = { voiceHostname: address, voiceApplicationManagementHostname: address };
  return new VoiceService({ ...credentials, ...hosts, logger: null });
}

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  node = await CommandServer.start(gateway.runtime);
  application = await gateway.application('sinch', { applicationKey, applicationSecret });
  voice = sdk();
});

afterAll(async () => {
  await node.close();
  await gateway.stop();
});

async function placeCall(callId: string): Promise<string> {
  const call = { callId, from: '+12015555555', to: '+12017777777' };
  const legs = { caller: { transport: 'rtp', codec: 'PCMU' } };
  const made = await gateway.ask('POST', '/v1/calls', { body: { applicationId: application, call, legs } });
  return String(made.json()['callRef']);
}

describe('the official SDK for Node (contract §6)', () => {
  it('makes callouts of all three kinds', async () => {
    const destination = { type: 'number', endpoint: '+46700000000' };
    const connect = Voice.svamlActionHelper.buildHangup();
    const ice = Voice.customCalloutHelper.formatIceResponse({ name: 'connectPstn', number: '+46700000000' });
    const made = [
      await voice.callouts.custom({ customCalloutRequestBody: { method: 'customCallout', customCallout: { ice } } }),
      await voice.callouts.tts({
        ttsCalloutRequestBody: { method: 'ttsCallout', ttsCallout: { destination, text: 'Hello', enableDice: true } },
      }),
      await voice.callouts.conference({
        conferenceCalloutRequestBody: {
          method: 'conferenceCallout',
          conferenceCallout: { destination, conferenceId: 'my conf/é' },
        },
      }),
    ];
    expect(connect).toEqual({ name: 'hangup' });
    for (const { callId } of made) expect((await voice.calls.get({ callId: callId ?? '' })).callId).toBe(callId);
    expect(node.commands.filter(({ name }) => name === 'openCall')).toHaveLength(3);
  });

  it('asks for a call and gets dates as dates', async () => {
    await placeCall('known');
    const info = await voice.calls.get({ callId: 'known' });
    expect(info).toMatchObject({
      callId: 'known',
      status: 'ONGOING',
      result: 'ANSWERED',
      to: { endpoint: '+12017777777' },
    });
    expect(info.timestamp).toBeInstanceOf(Date);
  });

  it('manages a call, and one leg of it', async () => {
    await placeCall('managed');
    const start = Voice.svamlInstructionHelper.buildStartRecording({
      destinationUrl: 's3://rec-bucket/calls/call-1.mp3',
      credentials: 'AKIDEXAMPLE:secretEXAMPLE:eu-central-1',
      format: 'mp3',
      notificationEvents: true,
      transcriptionOptions: { enabled: true, locale: 'en-US' },
    });
    const body = { instructions: [start], action: Voice.svamlActionHelper.buildContinue() };
    await voice.calls.update({ callId: 'managed', updateCallRequestBody: body });
    expect(node.commands.at(-1)).toMatchObject({ name: 'instruct', data: { role: 'manage' } });
    const say = {
      instructions: [Voice.svamlInstructionHelper.buildSay('Hello')],
      action: { name: 'continue' } as const,
    };
    await voice.calls.manageWithCallLeg({ callId: 'managed', callLeg: 'callee', manageWithCallLegRequestBody: say });
    expect(node.commands.at(-1)).toMatchObject({ name: 'instruct', data: { toward: ['callee'] } });
  });

  it('steers conferences by ids with spaces, accents and slashes', async () => {
    const conferenceId = 'my conf/é';
    const { calls } = gateway.runtime.ports.ledger;
    const call = await calls.get(await placeCall('participant-1'));
    if (call === null) throw new Error('no call');
    const joinedAt = new Date().toISOString();
    await calls.save({ ...call, conference: { conferenceId, joinedAt, muted: true } });
    const callId = 'participant-1';
    expect((await voice.conferences.get({ conferenceId })).participants).toMatchObject([{ id: callId, muted: true }]);
    await voice.conferences.manageParticipant({
      conferenceId,
      callId,
      manageParticipantRequestBody: { command: 'unmute' },
    });
    expect(node.commands.at(-1)).toMatchObject({ name: 'participant', data: { action: 'unmute' } });
    await voice.conferences.kickParticipant({ conferenceId, callId });
    expect(node.commands.at(-1)).toMatchObject({ data: { action: 'remove' } });
    await voice.conferences.kickAll({ conferenceId });
    expect(node.commands.at(-1)).toMatchObject({ data: { action: 'remove' } });
  });

  it('changes the callback URLs', async () => {
    const url = { primary: 'https://app.example.com/cb', fallback: 'https://backup.example.com/cb' };
    await voice.applications.updateCallbackURLs({
      applicationkey: applicationKey,
      updateCallbacksRequestBody: { url },
    });
    expect(await voice.applications.getCallbackURLs({ applicationkey: applicationKey })).toEqual({ url });
  });

  it.each([
    [{ applicationKey: 'nobody', applicationSecret }, 40108],
    [{ applicationKey, applicationSecret: 'd3Jvbmc=' }, 40102],
  ])('throws with the status code when its credentials are wrong (%#)', async (credentials, errorCode) => {
    const asked = sdk(credentials).calls.get({ callId: 'known' });
    const failed: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(RequestFailedError);
    const { statusCode, data } = failed as RequestFailedError<string>;
    expect([statusCode, JSON.parse(data ?? '')]).toEqual([401, expect.objectContaining({ errorCode })]);
  });

  it('throws with the status code for what is not there or not valid', async () => {
    await expect(voice.calls.get({ callId: 'never-was' })).rejects.toMatchObject({ statusCode: 404 });
    const updateCallRequestBody = {
      instructions: [{ name: 'startRecording', options: { destinationUrl: 'ftp://x', credentials: '' } }],
    };
    await expect(
      voice.calls.update({ callId: 'known', updateCallRequestBody: updateCallRequestBody as never }),
    ).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});
