import type { CallState, DocumentRole, FlowStep, ParsedDocument } from '#libs/recording-model';
import type { CallContext } from './call-context.js';
import type { CallRecordings } from './call-recordings.js';
import type { SessionFlow } from './session-flow.js';
import { effectOf, type StepOrigin } from './step-origins.js';

/** What a document beside the flow can do to the call. */
export interface SteeredCall {
  readonly context: Pick<CallContext, 'onDocument' | 'live'>;
  readonly state: CallState;
  readonly recordings: CallRecordings;
  readonly flow: Pick<SessionFlow, 'runBeside' | 'breakOff' | 'carry'>;
  /** The document takes the place of the call's flow. */
  runFlow(document: ParsedDocument, url: string | null): void;
  recordFor(step: Extract<FlowStep, { readonly kind: 'record' }>, document: ParsedDocument, url: string | null): void;
  endedBeside(how: 'hangup' | 'reject'): void;
  answered(): void;
  warn(message: string, position?: FlowStep['at']): void;
}

/** Carries a document out as its role asks: as the call's flow, or beside it when it only steers the call. */
export function carryOut(call: SteeredCall, role: DocumentRole, { document, url, toward }: StepOrigin): void {
  const isLive = call.context.live !== undefined;
  if (role === 'manage') return isLive ? call.flow.runBeside(document, url, toward) : actBeside(call, document, url);
  if (role !== 'metaflow') return call.runFlow(document, url);
  const effect = effectOf(document, call.state);
  if (effect === 'redirects') call.runFlow(document, url);
  else if (effect === 'isHeard' && isLive) call.flow.runBeside(document, url, toward);
  else if (effect !== null) actBeside(call, document, url);
}

/** A document beside the flow can start, stop and mask recordings and end the call; the rest of it has no place here. */
function actBeside(call: SteeredCall, document: ParsedDocument, url: string | null): void {
  call.context.onDocument?.(document, url);
  call.flow.carry(document.flowState);
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
    case 'breakOff':
      return call.flow.breakOff();
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
