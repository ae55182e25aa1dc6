import { expect } from '@jest/globals';
import { RequestFailedError } from '@sinch/sdk-client';
import { Voice, VoiceCallbackWebhooks, VoiceService } from '@sinch/voice';
import { startStrictS3 } from '../../libs/storage/testing/index.js';
import {
  CONVERSATION,
  decodeMp3,
  decodeWav,
  expectExactLength,
  expectTones,
  JourneyCall,
  Journeys,
  talk,
  tone,
  tonesIn,
  until,
  type LiveGateway,
  type Received,
  type VendorApp,
} from './support/index.js';

const journeys = new Journeys();

const SECRET = 'BeIukql3pTKJ8RGL5zo0DA==';
const S3_KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secretEXAMPLE' };

type Svaml = Readonly<Record<string, unknown>>;

/** An application that the vendor's SDK is the whole of: it asks, checks and answers with nothing else. */
class SdkApplication {
  readonly voice: VoiceService;
  private readonly webhooks: VoiceCallbackWebhooks;

  private constructor(
    readonly gateway: LiveGateway,
    readonly app: VendorApp,
    readonly applicationKey: string,
    readonly applicationId: string,
  ) {
    const credentials = { applicationKey, applicationSecret: SECRET };
    const address = `${gateway.url}/sinch`;
    const hosts = { voiceHostname: address, voiceApplicationManagementHostname: address };
    this.voice = new VoiceService({ ...credentials, ...hosts, logger: null });
    this.webhooks = new VoiceCallbackWebhooks(credentials);
  }

  /** @param answers SVAML by event; the other events are answered with nothing */
  static async start(
    gateway: LiveGateway,
    applicationKey: string,
    answers: Readonly<Record<string, Svaml>> = {},
    settings: Readonly<Record<string, string>> = {},
  ): Promise<SdkApplication> {
    const app = await gateway.app({
      '/callback': ({ text }) => {
        const answer = answers[(JSON.parse(text) as { event: string }).event];
        return answer === undefined ? {} : { body: JSON.stringify(answer), contentType: 'application/json' };
      },
    });
    const own = { applicationKey, applicationSecret: SECRET, apiBaseUrl: `${gateway.url}/sinch` };
    const id = await gateway.api.application('sinch', { ...own, ...settings });
    const application = new SdkApplication(gateway, app, applicationKey, id);
    await application.voice.applications.updateCallbackURLs({
      applicationkey: applicationKey,
      updateCallbacksRequestBody: { url: { primary: `${app.url}/callback` } },
    });
    return application;
  }

  /** Telephones on the call that bears this id. */
  async phonesOf(callId: string): Promise<JourneyCall> {
    const callRef = await until(`the call ${callId} is there`, async () => {
      const { items } = await this.gateway.api.get<{ items: { callRef: string; identity: { callId: string } }[] }>(
        '/v1/calls?limit=100',
      );
      return items.find((call) => call.identity.callId === callId)?.callRef;
    });
    return JourneyCall.pickUp(this.gateway, callRef);
  }

  /** A callout; a node that is short of breath refuses new calls for a moment, and whoever calls tries again. */
  async callOut(make: () => Promise<{ callId?: string }>): Promise<string> {
    const made = await until('a node takes the call', () =>
      make().catch((thrown: unknown) => {
        if (thrown instanceof RequestFailedError && thrown.statusCode === 503) return null;
        throw thrown;
      }),
    );
    return made.callId ?? '';
  }

  /** All callbacks so far, each one checked and read by the SDK. */
  callbacks(): Record<string, unknown>[] {
    return this.app.received.map((request) => this.read(request));
  }

  kinds(): string[] {
    return this.callbacks().map((callback) => String(callback['type'] ?? callback['event']));
  }

  async hears(...kinds: readonly string[]): Promise<void> {
    await until(`${kinds.join(', ')} arrive`, () => kinds.every((kind) => this.kinds().includes(kind)));
  }

  private read({ headers, text, path, method }: Received): Record<string, unknown> {
    const { webhooks } = this;
    const genuine = webhooks.validateAuthenticationHeader({ ...headers }, text, path, method);
    const forged = webhooks.validateAuthenticationHeader({ ...headers }, `${text} `, path, method);
    expect([genuine, forged]).toEqual([true, false]);
    return { ...webhooks.parseEvent(text) };
  }
}

const CONTINUE = { action: { name: 'continue' } };

journeys.it('a callout with inline SVAML: managed, recorded to S3, told step by step', async (gateway) => {
  const s3 = await gateway.with(startStrictS3({ ...S3_KEYS, region: 'eu-central-1', buckets: ['rec-bucket'] }));
  s3.faults.writeOnly = true;
  const answers = { ace: CONTINUE };
  const application = await SdkApplication.start(gateway, 'sdk-callout', answers, { s3Endpoint: s3.url });
  const { voice } = application;
  const ice = Voice.customCalloutHelper.formatIceResponse(
    Voice.iceActionHelper.connectPstn({ number: '+46700000000', maxDuration: 90 }),
  );
  const callId = await application.callOut(() =>
    voice.callouts.custom({
      customCalloutRequestBody: { method: 'customCallout', customCallout: { custom: 'journey', ice } },
    }),
  );
  expect(await voice.calls.get({ callId })).toMatchObject({ status: 'ONGOING', result: 'N/A' });
  const call = await application.phonesOf(callId);
  await application.hears('ace');
  expect(await voice.calls.get({ callId })).toMatchObject({ status: 'ONGOING', result: 'ANSWERED', custom: 'journey' });
  const manage = (
    instruction: ReturnType<
      typeof Voice.svamlInstructionHelper.buildStopRecording | typeof Voice.svamlInstructionHelper.buildStartRecording
    >,
  ) =>
    voice.calls.update({
      callId,
      updateCallRequestBody: { instructions: [instruction], action: Voice.svamlActionHelper.buildContinue() },
    });
  const destinationUrl = 's3://rec-bucket/calls/call-1.mp3';
  await manage(
    Voice.svamlInstructionHelper.buildStartRecording({
      destinationUrl,
      credentials: 'AKIDEXAMPLE:secretEXAMPLE:eu-central-1',
      format: 'mp3',
      notificationEvents: true,
    }),
  );
  await call.capturing();
  await talk(call);
  await manage(Voice.svamlInstructionHelper.buildStopRecording());
  const recording = await call.available();
  call.caller.say(tone(1200, 200));
  await call.said();
  await call.hangup('callee');
  await application.hears('recording_finished', 'recording_available', 'dice');
  await call.ended();
  // Notifications go their own way, in their own order; DiCE does not wait for them.
  const withoutDice = application.kinds().filter((kind) => kind !== 'dice');
  expect(withoutDice).toEqual(['ace', 'recording_finished', 'recording_available']);
  const [ace, finished, available] = application.callbacks().filter(({ event }) => event !== 'dice');
  const dice = application.callbacks().find(({ event }) => event === 'dice');
  const applicationKey = application.applicationKey;
  expect(ace).toMatchObject({ callid: callId, custom: 'journey', applicationKey, timestamp: expect.any(Date) });
  expect(finished).toEqual({ event: 'notify', callid: callId, version: 1, type: 'recording_finished' });
  expect(available).toEqual({ ...finished, type: 'recording_available', destination: destinationUrl });
  expect(dice).toMatchObject({
    callid: callId,
    reason: 'CALLEEHANGUP',
    result: 'ANSWERED',
    duration: expect.any(Number),
  });
  expect(await voice.calls.get({ callId })).toMatchObject({ status: 'FINAL', reason: 'CALLEEHANGUP' });
  const [object] = s3.objects();
  expect(object?.key).toBe('calls/call-1.mp3');
  const audio = await decodeMp3(object?.body ?? Buffer.alloc(0));
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CONVERSATION, audio.sampleRate);
});

journeys.it(
  'a conference: two are called, one is muted and removed, the recording ends with the last',
  async (gateway) => {
    const conferenceId = 'sdk conf/é';
    const recordingOptions = { destinationUrl: 'sdrive://x/', format: 'wav' };
    const connectConf = { name: 'connectConf', conferenceId, record: true, recordingOptions };
    const application = await SdkApplication.start(gateway, 'sdk-conference', { ace: { action: connectConf } });
    const { voice } = application;
    const callOut = (endpoint: string, enableAce: boolean) =>
      voice.callouts.conference({
        conferenceCalloutRequestBody: {
          method: 'conferenceCallout',
          conferenceCallout: { destination: { type: 'number', endpoint }, conferenceId, enableAce, enableDice: true },
        },
      });
    const first = await application.phonesOf(await application.callOut(() => callOut('+46700000001', true)));
    const second = await application.phonesOf(await application.callOut(() => callOut('+46700000002', false)));
    const participants = await until('both are in the conference', async () => {
      const found = await voice.conferences.get({ conferenceId }).catch(() => ({ participants: [] }));
      return found.participants?.length === 2 && found.participants;
    });
    expect(participants.map(({ cli, muted }) => [cli, muted])).toEqual(
      expect.arrayContaining([
        ['46700000001', false],
        ['46700000002', false],
      ]),
    );
    const idOf = (cli: string) => participants.find((each) => each.cli === cli)?.id ?? '';
    const recordings = async () => {
      const query = `applicationId=${application.applicationId}`;
      return (await gateway.api.get<{ items: { id: string; state: string }[] }>(`/v1/recordings?${query}`)).items;
    };
    await until('the conference is recorded', async () => (await recordings())[0]?.state === 'capturing');
    first.callee.say(tone(600, 500));
    await first.said();
    const leaver = { conferenceId, callId: idOf('46700000002') };
    await voice.conferences.manageParticipant({ ...leaver, manageParticipantRequestBody: { command: 'mute' } });
    const { participants: muted = [] } = await voice.conferences.get({ conferenceId });
    expect(muted.find(({ id }) => id === leaver.callId)).toMatchObject({ muted: true });
    second.callee.say(tone(1400, 400));
    await second.said();
    await voice.conferences.kickParticipant(leaver);
    await second.ended();
    expect((await voice.conferences.get({ conferenceId })).participants).toMatchObject([{ id: idOf('46700000001') }]);
    first.callee.say(tone(800, 300));
    await first.said();
    await voice.conferences.kickAll({ conferenceId });
    await first.ended();
    await application.hears('ace', 'recording_finished', 'recording_available', 'dice');
    await until('both ends are told', () => application.kinds().filter((kind) => kind === 'dice').length === 2);
    const [finished, available] = application.callbacks().filter(({ event }) => event === 'notify');
    expect(finished).toEqual({ event: 'notify', conferenceId, version: 1, type: 'recording_finished' });
    expect(available).toMatchObject({ conferenceId, type: 'recording_available' });
    const items = await recordings();
    expect(items).toHaveLength(1);
    const heard = decodeWav(await gateway.api.audio(items[0]?.id ?? ''));
    const hz = tonesIn(heard.channels[0] ?? new Int16Array(), [600, 800, 1400]);
    expect([...new Set(hz.map((each) => each.hz))]).toEqual([600, 800]);
    await expect(voice.conferences.get({ conferenceId })).rejects.toMatchObject({ statusCode: 404 });
  },
);

journeys.it('a wrong key is refused with its status code', async (gateway) => {
  const application = await SdkApplication.start(gateway, 'sdk-refused');
  const voiceHostname = `${gateway.url}/sinch`;
  const wrong = new VoiceService({
    applicationKey: 'sdk-refused',
    applicationSecret: 'd3Jvbmc=',
    voiceHostname,
    logger: null,
  });
  const refused: unknown = await wrong.calls.get({ callId: 'x' }).catch((thrown: unknown) => thrown);
  expect(refused).toBeInstanceOf(RequestFailedError);
  expect(refused).toMatchObject({ statusCode: 401 });
  await expect(application.voice.calls.get({ callId: 'x' })).rejects.toMatchObject({ statusCode: 404 });
});
