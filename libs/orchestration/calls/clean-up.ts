import type { FlowRequest } from '#libs/recording-model';
import { requestAnyDocument, type FlowRequestPorts, type FlowSituation } from './flow-requests.js';

/** What a clean-up may still do. */
export interface CleanUp {
  deleteFile(file: string): void;
  warn(message: string): void;
}

/** Steps without meaning once the call is over: nothing is lost when they are passed over. */
const WITHOUT_MEANING: ReadonlySet<string> = new Set(['answer', 'hangup']);

/**
 * Tells the application the end of its call and carries out what its answer may still ask for: files are deleted, the
 * rest has no call to act on (Aculab contract §1.1). An empty answer asks for nothing.
 * @throws RecgateError `outbound.*`, `document.*`, `field.*`
 */
export async function requestCleanUp(
  ports: FlowRequestPorts,
  request: FlowRequest,
  situation: FlowSituation,
  to: CleanUp,
): Promise<void> {
  const document = await requestAnyDocument(ports, request, situation);
  for (const step of document?.steps ?? []) {
    if (step.kind === 'deleteFile') to.deleteFile(step.file);
    else if (!WITHOUT_MEANING.has(step.kind)) to.warn(`"${step.kind}" is not carried out: the call is over`);
  }
}
