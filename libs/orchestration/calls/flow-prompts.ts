import type { PlaybackHandle } from '#libs/call-flow';
import { RecgateError, type FlowStep, type Party, type SecretBag } from '#libs/recording-model';
import type { CallFiles } from './call-files.js';
import type { FlowCall } from './flow-call.js';
import type { PromptCall } from './prompt-player.js';

/** What prompts need of the flow that has them played. */
export interface PromptFacts {
  /** Credentials that the running documents refer to. */
  secrets(): SecretBag;
  /** Whom the step's document names as its hearers; null: it names none. */
  towardOf(step: FlowStep): readonly Party[] | null;
  /** The pass is over, by media time; `failed`: its audio could not be had. */
  ended(handle: PlaybackHandle, failed: boolean): void;
  /** The flow cannot go on. */
  broken(error: RecgateError): void;
}

/** The call as its prompts see it. */
export function promptCallOf(call: FlowCall, files: CallFiles, flow: PromptFacts): PromptCall {
  const { tenantId, application } = call.context;
  return {
    tenantId,
    applicationId: application.applicationId,
    get media() {
      return call.media;
    },
    secrets: () => flow.secrets(),
    toward: (step) => flow.towardOf(step as FlowStep) ?? call.connection.hearers().prompts,
    untilPlayable: (url, signal) => files.untilPlayable(url, signal),
    warn: (message) => call.warn(message),
    ended: (handle, failed) => flow.ended(handle, failed),
    breaks: (step, { code, message }) => flow.broken(new RecgateError(code, message, { position: (step as FlowStep).at })),
  };
}
