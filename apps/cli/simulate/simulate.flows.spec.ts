import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CALLEE_HZ, CALLER_HZ, channelOf, decode, RATE, shareOf, writeWav } from './testing/audio.js';
import { SimulateRunner, temporaryDirectory } from './testing/run.js';

const directory = temporaryDirectory();
const runner = new SimulateRunner(directory);
const wav = (name: string, ...channels: readonly Int16Array[]): string => writeWav(join(directory, name), ...channels);
const tone = wav('tone.wav', channelOf({ hz: CALLER_HZ, s: 10 }));
const callee = wav('callee.wav', channelOf({ hz: CALLEE_HZ, s: 10 }));
const both = wav('both.wav', channelOf({ hz: CALLER_HZ, s: 4 }), channelOf({ hz: CALLEE_HZ, s: 4 }));

const record = (attributes: string, after = ''): string =>
  `<Response><Record playBeep="false" trim="do-not-trim" ${attributes}/>${after}</Response>`;
const aculabPage = (...actions: readonly object[]): string => JSON.stringify({ actions });

describe('simulate: what ends a recording', () => {
  it('a key at a media time, to the sample', async () => {
    const { of } = await runner.run('flexml', record('finishOnKey="#"'), { audio: tone, dtmf: '1.5:1,2.0:#' });
    expect(of('event')).toMatchObject([
      { event: 'recording.started', mediaTime: 0 },
      { event: 'recording.finished', mediaTime: 2, capture: { reason: 'stopKey', key: '#' } },
      { event: 'recording.available', mediaTime: 2 },
    ]);
    expect(of('result')).toMatchObject([
      { state: 'available', reason: 'stopKey', samples: 2 * RATE, durationMs: 2000 },
    ]);
  });

  it('a key heard in the audio; its tone is not in the file', async () => {
    const audio = wav(
      'inband.wav',
      channelOf({ hz: CALLER_HZ, s: 3 }, { s: 0.5 }, { key: '5', s: 0.3 }, { hz: CALLER_HZ, s: 3 }),
    );
    const { of } = await runner.run('flexml', record(''), { audio });
    const [result] = of('result');
    expect(result).toMatchObject({ reason: 'stopKey' });
    expect(Math.abs((result?.durationMs ?? 0) - 3500)).toBeLessThan(30);
  });

  it('silence after sound, with the silence in the file', async () => {
    const audio = wav('short.wav', channelOf({ hz: CALLER_HZ, s: 2 }));
    const { of } = await runner.run('flexml', record('timeout="3"'), { audio });
    expect(of('result')).toMatchObject([{ reason: 'silence' }]);
    expect(Math.abs((of('result')[0]?.durationMs ?? 0) - 5000)).toBeLessThan(100);
  });

  it('silence from the beginning: nothing is kept and the next verb runs', async () => {
    const { of, requests } = await runner.run(
      'flexml',
      '<Response><Record timeout="3" action="/next" recordingStatusCallback="/status" recordingStatusCallbackEvent="absent"/><Say>Bye</Say></Response>',
    );
    expect(of('result')).toMatchObject([{ state: 'absent', reason: 'initialSilence', file: null }]);
    expect(requests).toEqual(['recordingStatusCallback https://app.example.com/status']);
  });

  it('a key before the first sound: nothing is kept, and Aculab is told which key it was', async () => {
    const page = aculabPage({ record: { next_page: { url: '/next' } } });
    const inBand = wav('only-a-key.wav', channelOf({ s: 1 }, { key: '#', s: 0.3 }, { s: 4 }));
    const options = { respond: [`https://app.example.com/next=${runner.file('nothing.json', aculabPage())}`] };
    for (const how of [{ dtmf: '1.0:#', hangupAt: '8' }, { audio: inBand }]) {
      const { of } = await runner.run('aculab', page, { ...options, ...how });
      expect(of('result')).toMatchObject([{ state: 'absent', reason: 'stopKey' }]);
      const { action_result: result } = JSON.parse(of('request')[0]?.body ?? '') as { action_result: unknown };
      expect(result).toMatchObject({
        result: { contains_sound: false, seconds_duration: 0, reason: 'bargein', barge_in_digit: '#' },
      });
    }
  });

  it('too short for Kazoo 5: the document is created and deleted', async () => {
    const data = { url: 'https://rec.example.com/r', record_min_sec: 30 };
    const set = ['version=5.x', 'webhookUri=https://app.example.com/hook', 'webhookFormat=json'];
    const { of } = await runner.run('kazoo', JSON.stringify({ module: 'record_call', data }), { audio: tone, set });
    expect(of('result')).toMatchObject([{ state: 'discarded' }]);
    const actions = of('request').map(({ body }) => (JSON.parse(body ?? '') as { action: string }).action);
    expect(actions).toEqual(['doc_created', 'doc_deleted']);
  });

  it('its maximum length', async () => {
    const { of } = await runner.run('flexml', record('maxLength="5"'), { audio: tone });
    expect(of('result')).toMatchObject([{ reason: 'maxDuration', samples: 5 * RATE }]);
  });

  it.each(['caller', 'callee'])('a hang-up of the %s', async (hangupBy) => {
    const { of } = await runner.run('flexml', record(''), { audio: tone, hangupAt: '3.21', hangupBy });
    expect(of('event')[1]).toMatchObject({
      event: 'recording.finished',
      mediaTime: 3.21,
      capture: { reason: 'hangup', hangupBy },
    });
    expect(of('result')).toMatchObject([{ samples: 3.21 * RATE }]);
  });

  it('the end of the audio, where nothing else ends it; of the longest file', async () => {
    const long = wav('long.wav', channelOf({ hz: CALLEE_HZ, s: 12 }));
    const document =
      '{"module":"record_call","data":{"action":"start","format":"wav","url":"https://rec.example.com/"},"children":{"_":{"module":"user","data":{"id":"u"}}}}';
    const { of } = await runner.run('kazoo', document, { audio: tone, callee: long });
    const [result] = of('result');
    expect(result).toMatchObject({ reason: 'hangup', durationMs: 12_000, channels: 2 });
    const [left = new Int16Array(0), right = left] = decode(result?.file ?? '', 2);
    expect(shareOf(CALLER_HZ, left, 16_000, 1, 9)).toBeGreaterThan(0.9);
    expect(shareOf(CALLEE_HZ, right, 16_000, 1, 11)).toBeGreaterThan(0.9);
    expect(shareOf(CALLER_HZ, left, 16_000, 10.1, 11.9)).toBeLessThan(0.1);
  });

  it('waits for the answer and the other party as the document says', async () => {
    const start = (more: object): string =>
      JSON.stringify({
        module: 'record_call',
        data: { action: 'start', format: 'wav', url: 'https://rec.example.com/', ...more },
        children: { _: { module: 'user', data: { id: 'u' } } },
      });
    const answered = await runner.run('kazoo', start({ record_on_answer: true }), {
      audio: both,
      answerAt: '1.5',
      bridgeAt: '2',
    });
    expect(answered.of('event')[0]).toMatchObject({ event: 'recording.started', mediaTime: 1.5 });
    const bridged = await runner.run('kazoo', start({ record_on_bridge: true }), { audio: both, bridgeAt: '2.25' });
    expect(bridged.of('event')[0]).toMatchObject({ event: 'recording.started', mediaTime: 2.25 });
    const never = await runner.run('kazoo', start({ record_on_bridge: true }), { audio: both });
    expect(never.of('result')).toMatchObject([{ state: 'absent' }]);
  });

  it('the other party is recorded where the document asks for it', async () => {
    const { of } = await runner.run('flexml', record('direction="out" maxLength="3"'), {
      audio: tone,
      callee,
      call: '{"direction":"inbound"}',
    });
    const [samples = new Int16Array(0)] = decode(of('result')[0]?.file ?? '', 1);
    const [caller, other] = [shareOf(CALLER_HZ, samples, RATE, 0.5, 2.5), shareOf(CALLEE_HZ, samples, RATE, 0.5, 2.5)];
    expect([caller, other].toSorted((a, b) => a - b)).toEqual([expect.closeTo(0, 1), expect.closeTo(1, 1)]);
  });
});

describe('simulate: what the application answers', () => {
  it('FlexML: actions lead from document to document', async () => {
    const second = runner.file('second.xml', record('maxLength="2" finishOnKey="none" action="/third"'));
    const third = runner.file('third.xml', '<Response><Say>Thank you</Say></Response>');
    const { of, lines, exitCode } = await runner.run(
      'flexml',
      record('maxLength="3" action="/second"', '<Say>not reached</Say>'),
      {
        audio: tone,
        respond: [`https://app.example.com/second=${second}`, `https://app.example.com/third=${third}`],
      },
    );
    expect(exitCode).toBe(0);
    expect(lines.map(({ type, event, purpose }) => [type, event ?? purpose].filter(Boolean).join(' '))).toEqual([
      'accounting',
      'spec',
      'event recording.started',
      'event recording.finished',
      'event recording.available',
      'request action',
      'accounting',
      'spec',
      'event recording.started',
      'event recording.finished',
      'event recording.available',
      'request action',
      'accounting',
      'result',
      'result',
    ]);
    expect(of('spec').map(({ mediaTime }) => mediaTime)).toEqual([0, 3]);
    expect(JSON.parse(of('request')[0]?.body ?? '')).toMatchObject({
      RecordingStatus: 'completed',
      RecordingDuration: 3,
    });
  });

  it('answers are found without the query too', async () => {
    const next = runner.file('next.xml', '<Response><Hangup/></Response>');
    const { of } = await runner.run('flexml', record('maxLength="1" action="/next?user=7" method="GET"'), {
      audio: tone,
      respond: [`https://app.example.com/next=${next}`],
    });
    expect(of('accounting')).toHaveLength(2);
    expect(of('warning')).toEqual([]);
  });

  it('FlexML: an application that does not answer ends the call; after a hang-up its answer does not matter', async () => {
    const silent = await runner.run('flexml', record('maxLength="1" action="/next"'), { audio: tone });
    expect(silent.requests).toEqual(['action https://app.example.com/next']);
    expect(silent.of('warning')).toMatchObject([{ message: expect.stringContaining('answered 404') }]);
    const hungUp = await runner.run('flexml', record('action="/next"'), { audio: tone, hangupAt: '2' });
    expect(hungUp.requests).toEqual(['action https://app.example.com/next']);
    expect(hungUp.of('warning')).toEqual([]);
  });

  it('Aculab: pages follow each other, the final page is told', async () => {
    const next = runner.file('thanks.json', aculabPage({ play: { play_list: [{ text_to_say: 'Thank you' }] } }));
    const document = aculabPage({
      record: {
        seconds_max_duration: 2,
        next_page: { url: 'recorded' },
        recording_available_page: { url: 'available' },
      },
    });
    const { requests, of } = await runner.run('aculab', document, {
      audio: tone,
      respond: [`https://app.example.com/recorded=${next}`],
      set: ['finalPage=https://app.example.com/final', 'errorPage=https://app.example.com/error'],
    });
    expect(requests.toSorted()).toEqual([
      'final_page https://app.example.com/final',
      'next_page https://app.example.com/recorded',
      'recording_available_page https://app.example.com/available',
    ]);
    const [result] = of('result');
    expect(result).toMatchObject({ state: 'available', reason: 'maxDuration', samples: 2 * RATE });
    const [samples = new Int16Array(0)] = decode(result?.file ?? '', 1);
    expect(shareOf(CALLER_HZ, samples, RATE, 0.2, 1.8)).toBeGreaterThan(0.9);
  });

  it('Aculab: a page that does not answer, or not with actions, is told on the error page', async () => {
    const document = aculabPage({ record: { seconds_max_duration: 1, next_page: { url: 'recorded' } } });
    const set = ['finalPage=https://app.example.com/final', 'errorPage=https://app.example.com/error'];
    const silent = await runner.run('aculab', document, { audio: tone, set });
    expect(silent.requests).toEqual([
      'next_page https://app.example.com/recorded',
      'error_page https://app.example.com/error',
      'final_page https://app.example.com/final',
    ]);
    const broken = runner.file('broken.json', '{"actions":[{"dance":{}}]}');
    const refused = await runner.run('aculab', document, {
      audio: tone,
      set,
      respond: [`https://app.example.com/recorded=${broken}`],
    });
    expect(refused.requests).toEqual(silent.requests);
    expect(refused.of('warning')).toMatchObject([{ path: expect.stringContaining('dance'), line: 1 }]);
  });

  it('FlexML: collected keys go to the action of Gather', async () => {
    const next = runner.file('gathered.xml', '<Response><Hangup/></Response>');
    const document =
      '<Response><Gather action="/digits" numDigits="2" timeout="3"><Say>Press two keys</Say></Gather></Response>';
    const { of } = await runner.run('flexml', document, {
      audio: tone,
      dtmf: '1:4,1.5:2',
      respond: [`https://app.example.com/digits=${next}`],
    });
    expect(JSON.parse(of('request')[0]?.body ?? '')).toMatchObject({ Digits: '42' });
  });
});

describe('simulate: several recordings', () => {
  const start = (name: string, then: object): object => ({
    module: 'record_call',
    data: { action: 'start', format: 'wav', url: 'https://rec.example.com/', media_name: name, time_limit: 60 },
    children: { _: then },
  });
  const stop = (then: object): object => ({ module: 'record_call', data: { action: 'stop' }, children: { _: then } });
  const sleep = (duration: number, then: object): object => ({
    module: 'sleep',
    data: { duration },
    children: { _: then },
  });
  const user = { module: 'user', data: { id: 'u' } };

  it('Kazoo: a stop ends the one that was started last', async () => {
    const flow = start('first.wav', sleep(1, start('second.wav', sleep(2, stop(sleep(3, stop(user)))))));
    const { of } = await runner.run('kazoo', JSON.stringify(flow), { audio: both, callee, hangupAt: '8' });
    expect(of('result').map(({ reason, durationMs }) => [reason, durationMs])).toEqual([
      ['stopCommand', 6000],
      ['stopCommand', 2000],
    ]);
  });

  it('Kazoo: metaflows mask, unmask and stop the recording of a running call', async () => {
    const metaflow = (action: string): string =>
      runner.file(`${action}.json`, JSON.stringify({ module: 'record_call', data: { action } }));
    const instruct = [`5=${metaflow('stop')}`, `2=${metaflow('mask')}`, `3=${metaflow('unmask')}`];
    const { of } = await runner.run('kazoo', JSON.stringify(start('masked.wav', user)), { audio: tone, instruct });
    const [result] = of('result');
    expect(result).toMatchObject({ state: 'available', reason: 'stopCommand', durationMs: 5000 });
    const [heard = new Int16Array()] = decode(result?.file ?? '', 2);
    const rate = result?.sampleRate ?? RATE;
    const loudest = (from: number, to: number): number =>
      Math.max(...heard.subarray(from * rate, to * rate).map((sample) => Math.abs(sample)));
    expect([loudest(2.05, 2.95), loudest(1, 1.9) > 1000, loudest(3.1, 4) > 1000]).toEqual([0, true, true]);
    expect(of('accounting')).toHaveLength(4);
    const bad = await runner.run('kazoo', JSON.stringify(start('a.wav', user)), { audio: tone, instruct: ['soon=x'] });
    expect(bad).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('Kazoo: those that end with the call are told in the order of their starts', async () => {
    const flow = start('first.wav', start('second.mp3', start('third.wav', user)));
    const { of } = await runner.run('kazoo', JSON.stringify(flow), { audio: both, hangupAt: '3' });
    const ends = of('event').filter(({ event }) => event === 'recording.finished' || event === 'recording.available');
    expect(ends.map(({ recording, event }) => `${recording} ${event}`)).toEqual([
      '1 recording.finished',
      '2 recording.finished',
      '3 recording.finished',
      '1 recording.available',
      '2 recording.available',
      '3 recording.available',
    ]);
  });

  it('Sinch: instructions start and stop; Manage Call acts beside the flow', async () => {
    const options = { destinationUrl: 's3://bucket/', credentials: 'KEY:SECRET:eu-west-1', format: 'wav' };
    const svaml = {
      instructions: [
        { name: 'startRecording', options },
        { name: 'say', text: 'x'.repeat(28) },
        { name: 'stopRecording' },
      ],
      action: { name: 'connectPstn', number: '+12025550199' },
    };
    const set = ['callbackUrl=https://app.example.com/callback', 'applicationSecret=BeIukql3pTKJ8RGL5zo0DA=='];
    const flow = await runner.run('sinch', JSON.stringify(svaml), { audio: both, set });
    expect(flow.of('result')).toMatchObject([{ reason: 'stopCommand', durationMs: 2000 }]);
    expect(flow.requests.map((request) => request.split(' ')[0])).toEqual(['notify', 'upload', 'notify', 'dice']);
    expect(flow.of('request')[0]?.headers?.['authorization']).toMatch(/^application simulation:/);
    const manage = await runner.run(
      'sinch',
      JSON.stringify({ instructions: [svaml.instructions[0]], action: { name: 'continue' } }),
      { audio: both, role: 'manage', hangupAt: '3' },
    );
    expect(manage.of('accounting')).toHaveLength(1);
    expect(manage.of('result')).toMatchObject([{ reason: 'hangup', durationMs: 3000 }]);
  });

  it('Sinch: the answer to ACE runs beside the connection', async () => {
    const options = { destinationUrl: 's3://bucket/', credentials: 'KEY:SECRET:eu-west-1' };
    const ace = runner.file(
      'ace.json',
      JSON.stringify({ instructions: [{ name: 'startRecording', options }], action: { name: 'continue' } }),
    );
    const document = JSON.stringify({ action: { name: 'connectPstn', number: '+12025550199' } });
    const { of, requests } = await runner.run('sinch', document, {
      audio: both,
      bridgeAt: '1',
      set: ['callbackUrl=https://app.example.com/callback'],
      respond: [`https://app.example.com/callback=${ace}`],
    });
    expect(requests[0]).toBe('ace https://app.example.com/callback');
    expect(of('accounting')).toHaveLength(2);
    expect(of('result')).toMatchObject([{ reason: 'hangup', durationMs: 3000 }]);
  });

  it.each([
    ['awsAccessKey="A" awsSecretKey="S" awsBucketName="calls"', [], 'https://calls.s3.us-east-1.amazonaws.com/'],
    [
      'awsAccessKey="A" awsSecretKey="S" awsBucketName="calls"',
      ['s3Endpoint=https://minio.example.com:9000'],
      'https://minio.example.com:9000/calls/',
    ],
    ['gcpBucketName="calls" gcpProject="p" gcpAccessToken="t"', [], 'https://storage.googleapis.com/calls/'],
    [
      'azureAccountName="acct" azureContainerName="calls" azureSasToken="s"',
      [],
      'https://acct.blob.core.windows.net/calls/',
    ],
  ])('FlexML: RecordingUrl is the address at the provider: %s %j', async (store, set, base) => {
    const { of } = await runner.run('flexml', record(`${store} maxLength="1" callbackUrl="/done"`), {
      audio: tone,
      set,
    });
    const told = of('request').find(({ purpose }) => purpose === 'callbackUrl');
    const { RecordingUrl, RecordingSid } = JSON.parse(told?.body ?? '{}') as Record<string, string>;
    expect(RecordingUrl).toBe(`${base}${RecordingSid}.wav`);
  });

  it('several answers of one URL are given in order', async () => {
    const again = runner.file('again.xml', record('maxLength="1" action="/loop"'));
    const end = runner.file('end.xml', '<Response><Hangup/></Response>');
    const { of } = await runner.run('flexml', record('maxLength="1" action="/loop"'), {
      audio: tone,
      respond: [again, again, end].map((file) => `https://app.example.com/loop=${file}`),
    });
    expect(of('result')).toHaveLength(3);
    expect(of('warning')).toEqual([]);
  });
});
