import type { FlowRequest, ParsedDocument, SourcePosition } from '#libs/recording-model';
import { requestEnd, requestOnly, type FlowRequestPorts, type FlowSituation } from './flow-requests.js';

/** What an answer may still do when its call is over. */
export interface CleanUp {
  deleteFile(file: string): void;
  /** What it hands on to later requests. */
  carryAlong(document: ParsedDocument): void;
  warn(message: string, position: SourcePosition): void;
}

/** Steps without meaning once the call is over: nothing is lost when they are passed over. */
const WITHOUT_MEANING: ReadonlySet<string> = new Set(['answer', 'hangup']);

/**
 * Tells the application something that nothing follows: its call is over, or it broke the flow. Where the vendor has it so, the
 * answer is read and its files are deleted; the rest has no call to act on (Aculab contract §1.1, §5.2). An empty answer
 * asks for nothing.
 * @throws RecgateError `outbound.*`, `document.*`, `field.*`
 */
export async function tell(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation, to: CleanUp): Promise<void> {
  if (ports.adapter.answersCleanUp !== true) return requestOnly(ports, request, situation);
  const document = await requestEnd(ports, request, situation);
  if (document === null) return;
  to.carryAlong(document);
  for (const step of document.steps) {
    if (step.kind === 'deleteFile') to.deleteFile(step.file);
    else if (!WITHOUT_MEANING.has(step.kind)) to.warn(`"${step.kind}" is not carried out: the call is over`, step.at);
  }
}
