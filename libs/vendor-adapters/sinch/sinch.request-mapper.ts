import { RecgateError, type ParseContext, type ParsedDocument, type VendorDocument } from '#libs/recording-model';
import { isJsonObject, parseJsonDocument } from '../shared/index.js';
import { actionName, readAction } from './sinch.actions.js';
import { CallScript } from './sinch.call-script.js';
import { readInstruction } from './sinch.instructions.js';
import { SvamlObject, SvamlReading } from './sinch.svaml-reader.js';

/** Callback answers must hold an action; Manage Call bodies and documents of no known place may leave it out (contract §1.2, §3.1). */
const NEEDS_ACTION: ReadonlySet<VendorDocument['role']> = new Set(['ice', 'ace', 'pie']);

/**
 * Reads a SVAML document: the instructions in their order, then the action (contract §1.2, §3.1, §3.2).
 * @throws RecgateError `document.*` when it is not a JSON object, `field.*` where the vendor refuses (§3.4).
 */
export function parseSinchDocument(document: VendorDocument, context: ParseContext): ParsedDocument {
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
  if (action === null && NEEDS_ACTION.has(document.role)) throw reading.missing('', 'action');
  const script = new CallScript(reading, context, actionName(action) === 'connectmxp');
  for (const instruction of instructions) readInstruction(script, instruction);
  if (action !== null) readAction(script, action);
  reading.claimUnknown();
  return {
    steps: script.steps,
    accounting: reading.accounting.finish(json.leafPointers()),
    warnings: reading.warnings,
    flowState: script.flowState,
  };
}
