import {
  renditionDurationMs,
  type ApplicationView,
  type CallIdentity,
  type CallState,
  type FlowContext,
  type JsonObject,
  type ParsedDocument,
} from '#libs/recording-model';
import { nameKazooObject } from './kazoo.names.js';
import { kazooFacts } from './kazoo.recording-document.js';
import { choice, kazooSettings } from './kazoo.settings.js';

/** In which words Pivot tells the application of the call: `req_format`. */
export type PivotFormat = 'kazoo' | 'twiml';

/** Name of the format in what the flow carries from document to document. */
const FORMAT_STATE = 'pivotFormat';

/** Each parameter as the formats `kazoo` and `twiml` spell it; null: that format has none. */
const NAMES = [
  ['callId', 'Call-ID', 'CallSid'],
  ['accountId', 'Account-ID', 'AccountSid'],
  ['apiVersion', 'Api-Version', 'ApiVersion'],
  ['callStatus', null, 'CallStatus'],
  ['callerName', 'Caller-ID-Name', 'CallerName'],
  ['callerNumber', 'Caller-ID-Number', 'CallerNumber'],
  ['digits', 'Digits', 'Digits'],
  ['direction', 'Direction', 'Direction'],
  ['from', 'From', 'From'],
  ['fromRealm', 'From-Realm', 'FromRealm'],
  ['ownerId', 'Owner-ID', null],
  ['recordingDuration', 'Recording-Duration', 'RecordingDuration'],
  ['recordingId', 'Recording-ID', 'RecordingSid'],
  ['recordingUrl', 'Recording-Url', 'RecordingUrl'],
  ['to', 'To', 'To'],
  ['toRealm', 'To-Realm', 'ToRealm'],
] as const;

const API_VERSIONS: Readonly<Record<PivotFormat, string>> = { kazoo: '4.x', twiml: '2010-04-01' };

const CALL_STATUS: Readonly<Record<CallState, string>> = {
  ringing: 'ringing',
  answered: 'in-progress',
  bridged: 'in-progress',
  ended: 'completed',
};

/** What a callflow hands on to the answer of its `pivot`; empty when it has none. */
export function pivotState({ steps, accounting }: Pick<ParsedDocument, 'steps' | 'accounting'>): JsonObject {
  const pivot = steps.find((step) => step.kind === 'fetch');
  if (pivot === undefined) return {};
  const format = accounting.find(({ path }) => path === `${pivot.at.path}/data/req_format`)?.value;
  return { [FORMAT_STATE]: format === 'twiml' ? 'twiml' : 'kazoo' };
}

/** The format of the pivot that the flow came from, else the setting `callflowFormat` of its first request. */
function pivotFormat(application: ApplicationView, flowState: JsonObject): PivotFormat {
  const carried = flowState[FORMAT_STATE];
  return carried === 'twiml' || carried === 'kazoo' ? carried : choice(application, 'callflowFormat', ['kazoo', 'twiml'] as const);
}

/** What a Pivot request tells of the call, and of the recording that it follows (contract §3.3); empty values are left out. */
export function pivotParameters(context: FlowContext): Readonly<Record<string, string>> {
  const { application, call, callState, collected } = context;
  const format = pivotFormat(application, context.flowState);
  const [fromUser = '', fromRealm = ''] = call.from.split('@');
  const [toUser = '', toRealm = ''] = call.to.split('@');
  const values: Readonly<Record<(typeof NAMES)[number][0], string>> = {
    callId: call.callId,
    accountId: own(call, 'account_id') ?? kazooSettings(application).accountId,
    apiVersion: API_VERSIONS[format],
    callStatus: CALL_STATUS[callState],
    callerName: own(call, 'caller_id_name') ?? '',
    callerNumber: own(call, 'caller_id_number') ?? fromUser,
    digits: collected?.digits ?? '',
    direction: call.direction,
    from: fromUser,
    fromRealm,
    ownerId: own(call, 'owner_id') ?? '',
    to: toUser,
    toRealm,
    ...recordingValues(context, format),
  };
  return Object.fromEntries(
    NAMES.flatMap(([key, ofKazoo, ofTwiml]) => {
      const name = format === 'kazoo' ? ofKazoo : ofTwiml;
      return name === null || values[key] === '' ? [] : [[name, values[key]] as const];
    }),
  );
}

/** `RecordingSid` is the name of the media, `Recording-ID` the id that the REST API finds it by. */
function recordingValues(
  { recording, application, gatewayUrl }: FlowContext,
  format: PivotFormat,
): Readonly<Record<'recordingUrl' | 'recordingDuration' | 'recordingId', string>> {
  if (recording === null) return { recordingUrl: '', recordingDuration: '', recordingId: '' };
  const { accountId, recordingId, mediaName } = kazooFacts(recording, application);
  const { destination } = recording.spec;
  const restUrl = gatewayUrl === undefined ? '' : `${gatewayUrl}/kazoo/v2/accounts/${accountId}/recordings/${recordingId}`;
  const sent = destination.kind === 'http-upload' || destination.kind === 'ftp-upload';
  const url = sent ? nameKazooObject(recording, application).name : destination.kind === 'none' ? '' : restUrl;
  const durationMs = recording.capture === null ? 0 : renditionDurationMs(recording.capture);
  return {
    recordingUrl: url,
    recordingDuration: String(Math.floor(durationMs / 1000)),
    recordingId: format === 'twiml' ? mediaName : recordingId,
  };
}

function own(call: CallIdentity, key: string): string | null {
  const value = call.vendor[key];
  return typeof value === 'string' && value !== '' ? value : null;
}
