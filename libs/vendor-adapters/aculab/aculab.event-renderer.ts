import type {
  FlowRequest,
  RecordingEvent,
  RenderContext,
  RenderedNotification,
  Subscription,
} from '#libs/recording-model';
import { callStartOfRecording, instanceHead, notificationFlag } from './aculab.instance-info.js';
import { pageRequest } from './aculab.page-request.js';
import { recordActionResult } from './aculab.record-result.js';
import { apiVersionOf } from './aculab.settings.js';

/**
 * The recording available notification (contract §5.5): instance info without `this_call`, with the action result the
 * next page got and `file_available` true. No other event is told to anybody, and none is sent for a recording that
 * left no file, since there is nothing that could become available.
 */
export function renderEvent(event: RecordingEvent, context: RenderContext): readonly RenderedNotification[] {
  return context.recording.spec.subscriptions
    .filter((subscription) => subscription.events.includes(event.name))
    .flatMap((subscription) => notification(subscription, context));
}

function notification(subscription: Subscription, context: RenderContext): RenderedNotification[] {
  const { recording, application } = context;
  if (subscription.url === null) return [];
  const version = apiVersionOf(application);
  const page: FlowRequest = {
    purpose: subscription.name,
    url: subscription.url,
    method: subscription.method === 'GET' ? 'GET' : 'POST',
    userinfo: subscription.userinfo,
  };
  const body = {
    ...instanceHead(recording.call, recording.spec.labels['token'], callStartOfRecording(recording)),
    ...notificationFlag(version, true),
    action_result: recordActionResult(recording, version, true),
  };
  return [{ subscription: subscription.name, purpose: subscription.name, request: pageRequest(page, body) }];
}
