import type { FlowRequest, FlowStep, StoredDocumentName } from '#libs/recording-model';
import type { Frame } from './wait.js';

/** The request for a stored document. */
export function storedRequest(stored: StoredDocumentName): FlowRequest {
  return { purpose: 'branch', url: '', method: 'GET', userinfo: null, stored };
}

/** Lets the branch run before the rest of the list that branched; a list with nothing left gives way. */
export function enterBranch(frames: Frame[], frame: Frame, branch: Frame): void {
  frame.wait = null;
  if (frame.index >= frame.steps.length) Object.assign(frame, branch);
  else frames.splice(frames.indexOf(frame) + 1, 0, branch);
}

/** What runs in place of the branch that the frame waits for. */
export function otherwiseOf({ steps, index }: Frame): readonly FlowStep[] {
  const step = steps[index - 1];
  return step?.kind === 'branch' ? step.otherwise : [];
}
