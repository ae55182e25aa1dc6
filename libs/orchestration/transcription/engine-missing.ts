import type { RecordingRequest } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';

/** Whether a recording asks to be written down and no engine is there to do it: nobody would hear of a transcript. */
export function isEngineMissing(
  { transcription }: Pick<OrchestrationPorts, 'transcription'>,
  { application, action }: Pick<RecordingRequest, 'application' | 'action'>,
): boolean {
  return action.spec.transcription !== null && transcription !== undefined && transcription.engineFor(application) === null;
}
