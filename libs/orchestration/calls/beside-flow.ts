import type { FlowStep, ParsedDocument } from '#libs/recording-model';
import type { CallContext } from './call-context.js';
import type { CallRecordings } from './call-recordings.js';

/** What a document beside the flow can do to the call. */
export interface SteeredCall {
  readonly context: Pick<CallContext, 'onDocument'>;
  readonly recordings: CallRecordings;
  recordFor(step: Extract<FlowStep, { readonly kind: 'record' }>, document: ParsedDocument, url: string | null): void;
  endedBeside(how: 'hangup' | 'reject'): void;
  answered(): void;
  warn(message: string, position?: FlowStep['at']): void;
}

/** A document beside the flow can start, stop and mask recordings and end the call; the rest of it has no place here. */
export function actBeside(call: SteeredCall, document: ParsedDocument, url: string | null): void {
  call.context.onDocument?.(document, url);
  for (const { message, position } of document.warnings) call.warn(message, position);
  for (const step of document.steps) actOnce(call, step, document, url);
}

function actOnce(call: SteeredCall, step: FlowStep, document: ParsedDocument, url: string | null): void {
  switch (step.kind) {
    case 'record':
      return call.recordFor(step, document, url);
    case 'stopRecording':
      return call.recordings.stop(step.which);
    case 'maskRecording':
      return call.recordings.latest()?.mask();
    case 'unmaskRecording':
      return call.recordings.latest()?.unmask();
    case 'hangup':
    case 'reject':
      return call.endedBeside(step.kind);
    case 'answer':
      return call.answered();
    case 'skipped':
      return call.warn(`${step.name} is not carried out: ${step.reason}`, step.at);
    default:
      return call.warn(`"${step.kind}" is not carried out beside a running flow`, step.at);
  }
}
