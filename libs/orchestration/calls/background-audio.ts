import {
  toRecgateError,
  type ApplicationView,
  type CallMedia,
  type Party,
  type PlaybackControl,
  type PromptAudio,
  type PromptSource,
  type RecordingSpec,
} from '#libs/recording-model';
import type { RecordingRun } from './recording-run.js';

/** What background audio needs of the call it is played into. */
export interface AccompaniedCall {
  readonly application: ApplicationView;
  readonly media: CallMedia;
  warn(message: string): void;
}

/**
 * Plays the audio that a party is to hear while it is recorded, never part of the recording (FlexML contract §2,
 * `backgroundAudioUrl`): from the first recorded sample on, as often as the spec says (0: for ever), at most until the end
 * of the capture.
 */
export function accompany(prompts: PromptSource, run: RecordingRun, call: AccompaniedCall): void {
  const { playDuring, parties } = run.spec;
  if (playDuring === null) return;
  const ended = new AbortController();
  const playing: { control: PlaybackControl | null } = { control: null };
  void run.over.then(() => {
    ended.abort();
    playing.control?.cancel();
  });
  const again = (audio: PromptAudio, played: number): void => {
    if (ended.signal.aborted || (playDuring.loop > 0 && played >= playDuring.loop)) return;
    playing.control = call.media.play({ kind: 'pcm', ...audio, toward: heardBy(parties) }, () => again(audio, played + 1));
  };
  const { tenantId, applicationId, secrets } = call.application;
  const request = { tenantId, applicationId, url: playDuring.url, userinfo: null, decryption: null, secrets };
  Promise.all([prompts.fetch(request, ended.signal), run.begun])
    .then(([audio]) => (audio.samples.length === 0 ? undefined : again(audio, 0)))
    .catch((thrown: unknown) => {
      if (!ended.signal.aborted) call.warn(`${playDuring.url} is not played: ${toRecgateError(thrown).message}`);
    });
}

/** Those who are recorded hear it. */
function heardBy(parties: RecordingSpec['parties']): readonly Party[] {
  return parties === 'caller' || parties === 'callee' ? [parties] : ['caller', 'callee'];
}
