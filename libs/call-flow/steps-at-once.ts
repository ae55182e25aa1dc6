import { assertNever } from '#libs/recording-model';
import type { FlowListener, StepOf } from './flow-ports.js';
import type { RunningRecordings } from './running-recordings.js';

/** Steps that take no time: the next one runs at once. */
type StepAtOnce = StepOf<
  'stopRecording' | 'maskRecording' | 'unmaskRecording' | 'answer' | 'replaceParty' | 'breakOff' | 'deleteFile' | 'skipped'
>;

export function carryOutAtOnce(step: StepAtOnce, listener: FlowListener, running: RunningRecordings): void {
  switch (step.kind) {
    case 'stopRecording': {
      const meant = running.take(step.which, step.apart);
      // Without one of that name, none of the others is meant.
      if (step.apart === undefined || meant.length > 0) listener.stopRecording(step.which, meant);
      return;
    }
    case 'maskRecording':
      return listener.maskRecording(running.latest);
    case 'unmaskRecording':
      return listener.unmaskRecording(running.latest);
    case 'answer':
      return listener.answer();
    case 'replaceParty':
      return listener.replaceParty();
    case 'breakOff':
      // Between two steps there is nothing to cut off.
      return;
    case 'deleteFile':
      return listener.deleteFile(step.file);
    case 'skipped':
      return listener.warn(`${step.name} is not carried out: ${step.reason}`, step.at);
    default:
      return assertNever(step, 'step');
  }
}
