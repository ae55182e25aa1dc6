import {
  REDACTED,
  RecgateError,
  type FlowRequest,
  type FlowStep,
  type ParseContext,
  type ParsedDocument,
  type VendorDocument,
} from '#libs/recording-model';
import { isJsonObject, parseJsonDocument } from '../shared/index.js';
import { actionName, readAction } from './sinch.actions.js';
import { CallScript } from './sinch.call-script.js';
import { CALLOUT, calloutState, toCalloutState } from './sinch.callout-state.js';
import { readInstruction } from './sinch.instructions.js';
import { SvamlObject, SvamlReading } from './sinch.svaml-reader.js';

const CONTINUE = '{"action":{"name":"continue"}}';

/** Callback answers must hold an action; Manage Call bodies and documents of no known place may leave it out (contract §1.2, §3.1). */
const NEEDS_ACTION: ReadonlySet<VendorDocument['role']> = new Set(['ice', 'ace', 'pie']);

/**
 * Reads a SVAML document: the instructions in their order, then the action (contract §1.2, §3.1, §3.2).
 * @throws RecgateError `document.*` when it is not a JSON object, `field.*` where the vendor refuses (§3.4),
 * `request.invalid` when an ACE was answered with nothing.
 */
export function parseSinchDocument(document: VendorDocument, context: ParseContext): ParsedDocument {
  // Nothing is no SVAML that is illegal: the call goes on as if ACE had not been answered at all (contract §1).
  if (document.role === 'ace' && document.body.trim() === '')
    throw new RecgateError('request.invalid', 'ACE was answered with nothing', { position: { path: '' } });
  const json = parseJsonDocument(document.body);
  if (!isJsonObject(json.value))
    throw new RecgateError('document.malformed', 'A SVAML document must be a JSON object', {
      position: json.positionOf(''),
    });
  const reading = new SvamlReading(json);
  const root = new SvamlObject(reading, '');
  if (Object.keys(json.value).length === 0) reading.claimTree('', 'exact');
  const instructions = (root.list('instructions') ?? []).map((pointer) => root.element(pointer, 'instructions'));
  const action = root.child('action');
  const script = new CallScript(reading, context, actionName(action) === 'connectmxp');
  const first = document.role === 'ice' ? readCallout(script, root) : null;
  if (action === null && first === null && NEEDS_ACTION.has(document.role)) throw reading.missing('', 'action');
  for (const instruction of instructions) readInstruction(script, instruction);
  if (action !== null) readAction(script, action);
  else if (first !== null) script.add('', { kind: 'fetch', request: first });
  const steps = [...script.steps, ...otherwise(script, document, actionName(action))];
  reading.claimUnknown();
  return {
    steps,
    accounting: reading.accounting.finish(json.leafPointers()),
    warnings: reading.warnings,
    flowState: script.flowState,
  };
}

/**
 * Takes over what a callout brought along (contract §3): SVAML for later callbacks, and which callback comes first;
 * null when the document itself says what is done.
 * @throws RecgateError `field.missing` when nobody could be asked for that first callback
 */
function readCallout(script: CallScript, root: SvamlObject): FlowRequest | null {
  const pointer = root.find(CALLOUT);
  if (pointer === null) return null;
  const state = toCalloutState(root.value(pointer));
  root.reading.claimTree(pointer, 'exact', { value: REDACTED, to: 'flowState' });
  script.flowState[CALLOUT] = JSON.stringify(state);
  const { first } = state;
  if (first === undefined) return null;
  const request = script.callback(first);
  if (request === null) throw root.reading.missing('', first, `${first} or a callback URL is required`);
  // A call whose ACE nobody answers goes on as if it were to continue (contract §1).
  const goesOn = { document: CONTINUE, when: 'unanswered' } as const;
  return first === 'ace' && request.knownAnswer === undefined ? { ...request, knownAnswer: goesOn } : request;
}

/** What a callout does once its ACE was answered with `continue`; done once. */
function otherwise(script: CallScript, document: VendorDocument, action: string | null): readonly FlowStep[] {
  const { otherwise: svaml, ...rest } = calloutState(script.state);
  if (document.role !== 'ace' || action !== 'continue' || svaml === undefined) return [];
  script.flowState[CALLOUT] = JSON.stringify(rest);
  const context = { ...script.context, flowState: script.state };
  const parsed = parseSinchDocument({ body: JSON.stringify(svaml), role: 'ice', url: document.url }, context);
  Object.assign(script.flowState, parsed.flowState);
  return parsed.steps;
}
