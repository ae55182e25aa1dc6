import {
  RecgateError,
  type FlowAction,
  type FlowStep,
  type ParseContext,
  type ParsedDocument,
  type VendorDocument,
} from '#libs/recording-model';
import { ParseLog, parseXmlDocument, type XmlElement } from '../shared/index.js';
import { readRecord } from './flexml.record.js';
import { readVerb } from './flexml.verbs.js';
import type { MapContext } from './map-context.js';
import { shownValue } from './redaction.js';

/**
 * Reads a FlexML document (contract §1.1, §2, §5) into call-flow steps.
 * @throws RecgateError `document.*` when the XML cannot be used, `field.invalid` when a value or a nesting is outside
 * the contract; always with line and column.
 */
export function parseFlexml(document: VendorDocument, { application, call, callState }: ParseContext): ParsedDocument {
  const root = parseXmlDocument(document.body);
  if (root.name.toLowerCase() !== 'response') {
    throw new RecgateError('document.malformed', `The root element must be Response, not ${root.name}`, {
      position: root.at,
    });
  }
  const log = new ParseLog(root, shownValue);
  for (const field of [...root.attributes, ...(root.text === null ? [] : [root.text])]) {
    log.warn(`${field.at.path} has no meaning in FlexML`, field.at);
  }
  const context: MapContext = { application, documentUrl: document.url, log };
  const answering = call.direction === 'inbound' && callState === 'ringing' ? root.children.find(isAnswering) : undefined;
  const steps = root.children.flatMap((element) => [
    ...(element === answering ? [{ at: element.at, kind: 'answer' as const }] : []),
    ...readStep(element, context),
  ]);
  return { steps, ...log.finish(), flowState: {} };
}

/** Verbs that need an answered call: the first of them answers an inbound one that still rings (contract §5). */
const ANSWERING = new Set(['say', 'play', 'gather', 'record', 'dial', 'dtmf', 'amd', 'hangup']);

function isAnswering({ name }: XmlElement): boolean {
  return ANSWERING.has(name.toLowerCase());
}

function readStep(element: XmlElement, context: MapContext): FlowStep[] {
  refuseNestedRecord(element, element.children);
  const actions: readonly FlowAction[] = isRecord(element)
    ? [readRecord(element, context)]
    : readVerb(element, context);
  return actions.map((action) => ({ at: element.at, ...action }));
}

/** Record sits directly under Response (contract §2.3). */
function refuseNestedRecord(verb: XmlElement, children: readonly XmlElement[]): void {
  for (const child of children) {
    if (isRecord(child)) {
      throw new RecgateError('field.invalid', `Record may not stand in ${verb.name}, only directly in Response`, {
        field: 'Record',
        position: child.at,
      });
    }
    refuseNestedRecord(verb, child.children);
  }
}

function isRecord(element: XmlElement): boolean {
  return element.name.toLowerCase() === 'record';
}
