import type { ApplicationView, CallRecord, JsonObject, RecordingRecord } from '#libs/recording-model';
import { webServiceTime } from './aculab.error-form.js';
import { instanceIdOf, logFilename, recordingFilename } from './aculab.names.js';
import { recordActionResult } from './aculab.record-result.js';
import { settingOf } from './aculab.settings.js';

/** A run of an application: its call and what was recorded of it. */
export interface ApplicationRun {
  readonly application: ApplicationView;
  readonly call: CallRecord;
  /** Oldest first. */
  readonly recordings: readonly RecordingRecord[];
}

/**
 * `application_status` (contract §9): the application data record, the call records, the errors and the fax records of
 * a run. Times are seconds since the epoch; null: not yet.
 */
export function applicationStatus({ application, call, recordings }: ApplicationRun): JsonObject {
  const { identity } = call;
  const started = epochSeconds(call.createdAt);
  const answered = epochSeconds(call.answeredAt);
  const ended = epochSeconds(call.endedAt);
  const name = settingOf(application, 'serviceName') ?? '';
  return {
    adr: {
      application_instance_id: instanceIdOf(identity),
      application_name: name,
      service_name: name,
      direction: identity.direction === 'inbound' ? 'in' : 'out',
      state: call.state === 'ended' ? 'completed' : 'running',
      start_time: started,
      start_datetime: webServiceTime(new Date(call.createdAt)),
      stop_time: ended,
      stop_datetime: call.endedAt === null ? null : webServiceTime(new Date(call.endedAt)),
      duration: started === null || ended === null ? 0 : Math.max(0, ended - started),
      log_filename: logFilename(identity, new Date(call.createdAt)),
      recordings: recordings.map((each) => recordingFilename(each)),
    },
    cdrs: [
      {
        call_id: identity.callId,
        call_direction: identity.direction === 'inbound' ? 'in' : 'out',
        call_from: identity.from,
        call_to: identity.to,
        start_time: started,
        connect_time: answered,
        end_time: ended,
        seconds_call_duration: answered === null || ended === null ? 0 : Math.max(0, ended - answered),
      },
    ],
    errs: [
      ...call.warnings.map((text) => ({ text })),
      ...recordings.flatMap(({ failure }) => (failure === null ? [] : [{ text: failure.message }])),
    ],
    fdrs: [],
  };
}

/** The log of a run as a text file: what happened, and what was not carried out. */
export function restLog({ call, recordings }: ApplicationRun): string {
  const lines = [
    [call.createdAt, `call ${call.identity.callId} from ${call.identity.from} to ${call.identity.to}`],
    [call.answeredAt, 'answered'],
    ...recordings.flatMap((recording) => recordingLines(recording)),
    [call.endedAt, `ended by ${call.endedBy ?? 'nobody'}`],
  ].filter((line): line is [string, string] => line[0] !== null);
  lines.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const told = lines.map(([at, text]) => `${webServiceTime(new Date(at))} ${text}`);
  const warnings = call.warnings.map((text) => `warning: ${text.replaceAll('\n', ' ')}`);
  return [...told, ...warnings, ''].join('\n');
}

function recordingLines(recording: RecordingRecord): [string, string][] {
  const name = recordingFilename(recording);
  if (recording.capture === null) return [[recording.updatedAt, `record ${recording.state}`]];
  const result = recordActionResult(recording, 2, recording.receipt !== null);
  return [[recording.capture.endedAt, `record ended: ${name} ${JSON.stringify(result['result'])}`]];
}

function epochSeconds(at: string | null): number | null {
  return at === null ? null : Math.floor(Date.parse(at) / 1000);
}
