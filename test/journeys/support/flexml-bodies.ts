import type { RecordingDto } from '../../../apps/gateway/api-v1/recordings/recording.dto.js';
import type { JourneyCall } from './journey-call.js';

/** The body of a request about a recording (contract §3.1), byte for byte. */
export async function flexmlBody(
  call: JourneyCall,
  documentUrl: string,
  fields: object,
  callStatus = '',
): Promise<string> {
  const { identity } = await call.api.call(call.callRef);
  return JSON.stringify({
    AccountSid: '',
    ApiVersion: '2.0',
    CallSid: identity.callId,
    CallStatus: callStatus,
    CallerName: '',
    Direction: 'inbound',
    From: '15165550138',
    To: '15165550137',
    OriginalFrom: '+15165550138',
    OriginalTo: '+15165550137',
    RequestUrl: documentUrl,
    ...fields,
  });
}

/** The recording fields of a success. @param url `RecordingUrl` */
export function flexmlCompleted(recording: RecordingDto, url: string): object {
  const sid = recording.names['fileSid'];
  const seconds = Math.round((recording.rendition?.durationMs ?? 0) / 1000);
  return {
    RecordingDuration: seconds,
    RecordingStatus: 'completed',
    RecordingSid: sid,
    RecordingFileSid: sid,
    RecordingUrl: url,
  };
}

const NOTHING = { RecordingDuration: 0, RecordingSid: '', RecordingFileSid: '', RecordingUrl: '' };
/** The recording fields of a failed or absent recording. */
export const flexmlWithoutFile = (status: string) => ({ RecordingStatus: status, ...NOTHING });
