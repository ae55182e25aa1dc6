import type { ApplicationView, FlowStep } from '#libs/recording-model';
import { settingOf, urlSettingOf } from './flexml.settings.js';

const SENTENCE = 'We are sorry. An application error has occurred. Goodbye.';

/**
 * The error recording of `error_handler` `basic`, and the end of the call (contract §1.4); null for `none`: the call
 * just ends. A setting that cannot be used counts as the default: the call has trouble enough.
 */
export function flexmlErrorSteps(application: ApplicationView): readonly FlowStep[] | null {
  if (settingOf(application, 'errorHandler')?.toLowerCase() === 'none') return null;
  const at = { path: 'settings/errorHandler' };
  const url = errorRecordingUrl(application);
  const prompt: FlowStep =
    url === null
      ? { at, kind: 'speak', text: SENTENCE, language: null, voice: null, repeat: 1, pauseMs: 0 }
      : { at, kind: 'playMedia', url, repeat: 1, background: false };
  return [prompt, { at, kind: 'hangup' }];
}

function errorRecordingUrl(application: ApplicationView): string | null {
  try {
    return urlSettingOf(application, 'errorRecordingUrl');
  } catch {
    return null;
  }
}
