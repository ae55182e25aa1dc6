import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '#libs/recording-model';
import { sampleRecordingRecord, SAMPLE_SPEC } from '#libs/testing';
import { attachmentErrorDetail } from './index.js';

const APPLICATION = { applicationId: 'app', tenantId: 'tenant', settings: {}, secrets: {} };
const URL = 'https://rec.example.com/kzr';

function detail(code: ErrorCode, words: string) {
  const destination = { kind: 'http-upload', url: URL, method: 'PUT', userinfo: null } as const;
  const record = sampleRecordingRecord({
    vendor: 'kazoo',
    spec: { ...SAMPLE_SPEC, vendor: 'kazoo', destination, labels: { handler_id: 'overridden' } },
    state: 'failed',
    failure: { code, stage: 'store', blame: 'destination', message: `Upload to ${URL}/call_recording_1.mp3: ${words}` },
  });
  return attachmentErrorDetail(record, APPLICATION);
}

describe('why an upload was given up (contract §4.6)', () => {
  it('any answer of the receiver is a bad response code, with the words it answered', () => {
    const answer = { resp_code: 500, reason: 'bad response code', resp_body: 'disk is full (really)' };
    expect(detail('destination.unreachable', 'disk is full (really) (500)')).toMatchObject(answer);
  });

  it('no answer is a socket error', () => {
    const shown = detail('destination.unreachable', 'UND_ERR_SOCKET: other side closed');
    expect(shown).toMatchObject({ reason: 'socket error', resp_body: expect.stringContaining('other side closed') });
    expect(shown).not.toHaveProperty('resp_code');
  });
});
