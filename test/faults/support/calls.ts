import { NumberingPhone } from './phone.js';
import { textOf, until, type Gateway, type Json } from './product.js';

/** Exact audio of one party: every byte that is sent is a byte of the file. */
export const EXACT = { parties: 'caller', format: { container: 'wav', codec: 'mulaw' } } as const;

/** A live call with its one party sending, and its recording. */
export interface LiveCall {
  readonly callRef: string;
  readonly recordingId: string;
  readonly phone: NumberingPhone;
}

/** Settings of a Sinch application that is told of finished and available recordings. */
export const SINCH_SECRET = Buffer.from('faults').toString('base64');

/** The part of a spec that has a Sinch application told of everything. */
export const NOTIFIED = { subscriptions: [{ name: 'notify', events: ['recording.finished', 'recording.available', 'recording.failed'] }] } as const;

/** Begins a call without a recording. */
export async function openCall(gateway: Gateway, applicationId: string): Promise<Omit<LiveCall, 'recordingId'>> {
  const call = await gateway.createCall({
    applicationId,
    call: { from: '+15165550138', to: '+15165550137' },
    legs: { caller: { transport: 'rtp', codec: 'PCMU' } },
  });
  return { callRef: textOf(call['callRef']), phone: new NumberingPhone(textOf(call['media']?.['caller']?.['address'])) };
}

/** Begins a call and a recording of it; resolves when audio is being captured. */
export async function recordedCall(gateway: Gateway, applicationId: string, spec: object = {}): Promise<LiveCall> {
  const call = await openCall(gateway, applicationId);
  const started = await gateway.get('POST', '/v1/recordings', { callRef: call.callRef, spec: { ...EXACT, ...spec } });
  const recordingId = textOf((started['recordings'] as unknown as Json[])[0]?.['id']);
  await gateway.untilState(recordingId, 'capturing');
  return { ...call, recordingId };
}

/** The recordings of uploads; each has its bytes already. */
export async function uploaded(gateway: Gateway, applicationId: string, wav: Uint8Array, spec: object = {}, secrets: object = {}): Promise<string> {
  const call = { from: '+15165550138', to: '+15165550137' };
  const started = await gateway.get('POST', '/v1/recordings', { applicationId, source: { kind: 'upload' }, call, spec, secrets });
  const id = textOf((started['recordings'] as unknown as Json[])[0]?.['id']);
  await gateway.get('PUT', `/v1/recordings/${id}/source`, wav);
  return id;
}

/** The deliveries of a recording, once there are that many and all are done. */
export function deliveredAll(gateway: Gateway, recordingId: string, count: number): Promise<Json[]> {
  return until(`${count} deliveries of ${recordingId}`, async () => {
    const items = (await gateway.get('GET', `/v1/recordings/${recordingId}/deliveries`))['items'] as unknown as Json[];
    return items.length >= count && items.every((item) => textOf(item['status']) === 'delivered') ? items : null;
  });
}

/** The secrets of a start whose destination is that server. */
export const S3_SECRETS = { id: 'AKFAULTS', key: 'faults-secret' } as const;

/** What the S3 server of a test knows. */
export const S3_KEYS = { accessKeyId: 'AKFAULTS', secretAccessKey: 'faults-secret' } as const;

/** Where a recording goes on that server; the credentials are `secrets` of the start. */
export function s3Destination(endpoint: string): object {
  const key = { accessKeyId: { secret: 'id' }, secretAccessKey: { secret: 'key' } };
  return { kind: 's3', bucket: 'calls', region: 'eu-west-1', endpoint, addressing: 'path', ...key };
}
