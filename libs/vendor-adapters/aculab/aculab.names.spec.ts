import { describe, expect, it } from '@jest/globals';
import { RecgateError } from '#libs/recording-model';
import { sampleRecording, seededIdSource } from '#libs/testing';
import { aculabAdapter } from './aculab.adapter.js';
import { withRequestFacts } from './aculab.error-form.js';
import { instanceIdOf } from './aculab.names.js';
import { CALL, context, parseRecord, recordOf } from './testing/parsing.js';

const { application: APPLICATION } = context();
const { spec } = recordOf(parseRecord({}));
const names = aculabAdapter.mintNames({ ...context({}, CALL, { recordings: 1 }), spec, recordingId: 'r' });
const view = sampleRecording(spec, names, { call: CALL, startedAt: '2024-03-05T14:35:03.200Z' });

describe('names (contract §5.4)', () => {
  it('keeps an instance id in the form of the vendor and makes one of that form for other calls', () => {
    expect(instanceIdOf(CALL)).toBe('04f01fb92e8913a8.62100');
    expect(instanceIdOf({ ...CALL, callId: 'x', vendor: { application_instance_id: '06e122c3364cc74c.787379' } })).toBe(
      '06e122c3364cc74c.787379',
    );
    const made = instanceIdOf({ ...CALL, callId: 'call-17' });
    expect(made).toMatch(/^[0-9a-f]{16}\.\d{1,6}$/);
    expect(instanceIdOf({ ...CALL, callId: 'call-17' })).toBe(made);
  });

  it('names the file after the first sample and puts it into the media store', () => {
    expect(aculabAdapter.nameObject(view, APPLICATION)).toEqual({
      destination: { kind: 'media-store', container: null, file: null },
      name: 'rest_api/recordings/2024/03/05/14_35_03_04f01fb92e8913a8.62100.wav',
      contentType: 'audio/x-wav',
    });
  });

  it('tells two recordings of one run in one second apart, in the shape of the vendor', () => {
    const ids = seededIdSource(3);
    const names = [1, 2, 2, undefined].map((recordings) =>
      aculabAdapter.mintNames({
        application: APPLICATION,
        call: CALL,
        ids,
        now: new Date(0),
        spec,
        recordingId: 'r',
        ...(recordings === undefined ? {} : { flowState: { recordings } }),
      }),
    );
    const files = names.map(
      (each) => aculabAdapter.nameObject(sampleRecording(spec, each, { call: CALL }), APPLICATION).name,
    );
    expect(files[0]).toMatch(/_04f01fb92e8913a8\.62100\.wav$/);
    expect(new Set(files).size).toBe(4);
    for (const file of files)
      expect(file).toMatch(/^rest_api\/recordings\/\d{4}\/\d\d\/\d\d\/\d\d_\d\d_\d\d_[0-9a-f]{16}\.\d+\.wav$/);
  });
});

describe('errors of the web services (contract §8.1)', () => {
  it.each([
    ['field.missing', '0001', 400],
    ['field.invalid', '0002', 400],
    ['request.not_found', 'HTTP 404', 404],
    ['auth.invalid', 'HTTP 401', 401],
  ] as const)('%s is %s', (code, wire, status) => {
    const form = aculabAdapter.renderError(new RecgateError(code, 'what is wrong'));
    expect(form).toMatchObject({ status, body: { error: { code: wire, text: 'what is wrong' } } });
  });

  it('gets its times and its request from the door', () => {
    const form = aculabAdapter.renderError(new RecgateError('field.missing', 'filename is missing'));
    const receivedAt = new Date('2024-03-05T08:56:23.900Z');
    expect(
      withRequestFacts(form, { path: '/file_get', receivedAt }, new Date('2024-03-05T08:56:24.000Z')).body,
    ).toEqual({
      error: {
        code: '0001',
        text: 'filename is missing',
        datetime: '2024-03-05_08:56:24',
        link: expect.stringContaining('error=0001'),
      },
      request: { url: '/file_get', datetime: '2024-03-05_08:56:23' },
    });
  });
});
