import type {
  JsonObject,
  RecordingEvent,
  RecordingEventName,
  RenderContext,
  RenderedNotification,
  Subscription,
} from '#libs/recording-model';
import { commonFields } from './flexml.common-fields.js';
import { recordingFields, transcriptionFields, type RecordingStatus } from './flexml.recording-fields.js';
import { wireRequest } from './wire-request.js';

/** What `RecordingStatus` an event means; events that FlexML has no word for make no request. */
const STATUS_OF: Partial<Record<RecordingEventName, RecordingStatus>> = {
  'recording.available': 'completed',
  'recording.failed': 'failed',
  'recording.absent': 'absent',
  'recording.discarded': 'absent',
  'recording.cancelled': 'absent',
  'transcription.available': 'completed',
  'transcription.failed': 'completed',
  'transcription.timeout': 'completed',
};

/**
 * The callbacks of an event in the order of the spec's subscriptions: `recordingStatusCallback`, `callbackUrl`,
 * `transcribeCallback` (contract §3).
 */
export function renderFlexmlEvent(event: RecordingEvent, context: RenderContext): readonly RenderedNotification[] {
  const status = STATUS_OF[event.name];
  if (status === undefined) return [];
  const fields = callbackFields(event, status, context);
  return context.recording.spec.subscriptions
    .filter((subscription) => subscription.events.includes(event.name))
    .flatMap((subscription) => renderCallback(subscription, fields));
}

function callbackFields(
  event: RecordingEvent,
  status: RecordingStatus,
  { recording, application }: RenderContext,
): JsonObject {
  const { call, callState, documentUrl } = recording;
  return {
    ...commonFields({ application, call, callState, documentUrl }),
    ...recordingFields(status, recording, application),
    ...(event.name.startsWith('transcription.') ? transcriptionFields(event) : {}),
  };
}

function renderCallback({ name, url, method, userinfo }: Subscription, fields: JsonObject): RenderedNotification[] {
  if (url === null) return [];
  return [
    {
      subscription: name,
      purpose: name,
      request: wireRequest(method === 'GET' ? 'GET' : 'POST', url, userinfo, fields),
    },
  ];
}
