import type {
  JsonValue,
  RecordingEvent,
  RecordingEventName,
  RecordingView,
  RenderContext,
  RenderedNotification,
} from '#libs/recording-model';
import { conferenceIdOf, sinchDestinationUri, sinchTranscriptName } from './sinch.names.js';
import { NOTIFY } from './sinch.recording-options.js';
import { callbackUrls, sendsCallingError } from './sinch.settings.js';
import { toSinchRequest } from './sinch.wire-request.js';

type NotifyFields = Readonly<Record<string, JsonValue>>;
type NotifyFor = (event: RecordingEvent, context: RenderContext) => readonly NotifyFields[];

/** What each event tells the application (contract §5); the others tell nothing. */
const NOTIFICATIONS: Readonly<Partial<Record<RecordingEventName, NotifyFor>>> = {
  'recording.finished': () => [{ type: 'recording_finished' }],
  // It stopped before there was anything to keep: the application must not wait for its end.
  'recording.absent': () => [{ type: 'recording_finished' }],
  'recording.available': (_event, { recording, application, gatewayUrl }) => [
    { type: 'recording_available', destination: sinchDestinationUri(recording, application, gatewayUrl) },
  ],
  'transcription.available': (_event, { recording, application, gatewayUrl }) => [
    { type: 'transcription_available', destination: sinchTranscriptName(sinchDestinationUri(recording, application, gatewayUrl)) },
  ],
  'recording.failed': failedNotifications,
};

/**
 * The notify callbacks of one event, signed (contract §4.2, §5): to the callback URL, or to the fallback URL when that
 * is being tried. Nothing when the recording has no subscription or the application no such URL.
 */
export function renderSinchEvent(event: RecordingEvent, context: RenderContext): readonly RenderedNotification[] {
  const { recording, application, now } = context;
  const subscription = recording.spec.subscriptions.find((each) => each.name === NOTIFY);
  if (subscription === undefined) return [];
  const own = callbackUrls(application);
  const url = context.fallback ? (subscription.fallbackUrl ?? own.fallback) : (subscription.url ?? own.primary);
  if (url === null) return [];
  const fields = NOTIFICATIONS[event.name]?.(event, context) ?? [];
  return fields.map((each) => ({
    subscription: subscription.name,
    purpose: NOTIFY,
    request: toSinchRequest(url, notifyBody(recording, each), { application, call: recording.call, now }),
  }));
}

function notifyBody(recording: RecordingView, fields: NotifyFields): NotifyFields {
  const conferenceId = conferenceIdOf(recording);
  const subject = conferenceId === null ? { callid: recording.call.callId } : { conferenceId };
  return { event: 'notify', ...subject, version: 1, ...fields };
}

/**
 * Sinch knows no failed recording: the application hears that it finished and never that it is available. A capture
 * that broke off has had no finished event yet, so it is told here. `callingerror` only when the settings ask for it.
 */
function failedNotifications(
  event: RecordingEvent,
  { recording, application }: RenderContext,
): readonly NotifyFields[] {
  const failure = event.failure ?? recording.failure;
  const brokeOff = recording.startedAt !== null && recording.capture === null;
  const finished: readonly NotifyFields[] = brokeOff ? [{ type: 'recording_finished' }] : [];
  if (!sendsCallingError(application)) return finished;
  const errorCode = failure?.blame === 'request' ? 40001 : 50000;
  const errorMsg = failure === null ? 'The recording failed' : `The recording failed: ${failure.message}`;
  return [...finished, { type: 'callingerror', errorCode, errorMsg }];
}
