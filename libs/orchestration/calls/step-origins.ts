import type { CallState, FlowAction, FlowStep, ParsedDocument, Party } from '#libs/recording-model';

/** Steps of a document beside the flow that decide where the call goes on: from a parked call they take over (Sinch contract §3.1). */
const TAKING_OVER: ReadonlySet<FlowAction['kind']> = new Set([
  'connect',
  'collectDigits',
  'park',
  'fetch',
  'branch',
  'replaceParty',
  'hangup',
  'reject',
]);

/** Whether the document decides where the call goes on. */
export function takesOver({ steps }: ParsedDocument): boolean {
  return steps.some(({ kind }) => TAKING_OVER.has(kind));
}

const REDIRECTING: ReadonlySet<FlowAction['kind']> = new Set(['connect', 'park', 'fetch', 'branch', 'replaceParty']);
const HEARD: ReadonlySet<FlowAction['kind']> = new Set(['speak', 'playMedia', 'sendDigits', 'wait']);

/**
 * What a document does to a call that it steers: the call goes on where it says, it runs beside the flow because it is
 * heard, or it acts on the recordings and the call alone. Null: nothing, since it was meant for a call that is not bridged.
 */
export function effectOf({ steps }: ParsedDocument, state: CallState): 'redirects' | 'isHeard' | 'acts' | null {
  if (state === 'bridged' && steps.some((step) => step.kind === 'replaceParty' && step.unlessBridged)) return null;
  if (steps.some(({ kind }) => REDIRECTING.has(kind))) return 'redirects';
  return steps.some(({ kind }) => HEARD.has(kind)) ? 'isHeard' : 'acts';
}

/** What a step's document brought along, when it is not the flow's own. */
export interface StepOrigin {
  readonly document: ParsedDocument;
  readonly url: string | null;
  /** Who hears its prompts; null: as the flow's own. */
  readonly toward: readonly Party[] | null;
}

/** Remembers the documents of steps that do not belong to the flow's own one. */
export class StepOrigins {
  private readonly origins = new WeakMap<FlowStep, StepOrigin>();

  note(origin: StepOrigin): void {
    for (const step of origin.document.steps) this.origins.set(step, origin);
  }

  of(step: FlowStep): StepOrigin | undefined {
    return this.origins.get(step);
  }
}
