import type { FlowAction } from '#libs/recording-model';
import type { XmlElement } from '../shared/index.js';
import type { MapContext } from './map-context.js';
import { shownValue } from './redaction.js';

/** Verbs of the contract that the gateway does not carry out (§5). */
const KNOWN = new Set(['start', 'stop', 'connect', 'stream']);

/** Leaves an element out with a warning; every field in it and below is accounted for. */
export function readSkipped(element: XmlElement, context: MapContext): readonly FlowAction[] {
  const isKnown = KNOWN.has(element.name.toLowerCase());
  const reason = isKnown ? 'the gateway does not carry out this verb' : 'not an element that FlexML knows here';
  context.log.warn(`${element.name} is skipped: ${reason}`, element.at);
  accountBelow(element, isKnown ? 'dropped' : 'unknown', reason, context);
  return [{ kind: 'skipped', name: element.name, reason }];
}

function accountBelow(element: XmlElement, outcome: 'dropped' | 'unknown', reason: string, context: MapContext): void {
  for (const field of [...element.attributes, ...(element.text === null ? [] : [element.text])]) {
    context.log.account(field.at, { value: shownValue(field), outcome, reason });
  }
  for (const child of element.children) accountBelow(child, outcome, reason, context);
}
