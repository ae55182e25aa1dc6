import { RecgateError, type ParseContext, type ParsedDocument, type VendorDocument } from '#libs/recording-model';
import { ParseLog, parseXmlDocument, withoutUserinfo } from '../shared/index.js';
import { callState } from './kazoo.names.js';
import type { TwimlScope } from './kazoo.twiml-scope.js';
import { readTwimlVerb } from './kazoo.twiml-verbs.js';

/** Whether a document is TwiML: a callflow, which is JSON, never begins like a tag. */
export function isTwiml({ body, role }: VendorDocument): boolean {
  return role === 'flow' && body.trimStart().startsWith('<');
}

/**
 * Reads a Pivot answer in TwiML (contract §3.3). Values that cannot be used give way to their defaults; unknown verbs
 * are skipped with a warning.
 * @throws RecgateError `document.*`, with line and column, when the XML cannot be used.
 */
export function parseTwiml({ body, url }: VendorDocument, context: ParseContext): ParsedDocument {
  const root = parseXmlDocument(body);
  if (root.name.toLowerCase() !== 'response') {
    throw new RecgateError('document.malformed', `The root element must be Response, not ${root.name}`, { position: root.at });
  }
  const log = new ParseLog(root, ({ value }) => withoutUserinfo(value));
  for (const field of [...root.attributes, ...(root.text === null ? [] : [root.text])]) {
    log.warn(`${field.at.path} has no meaning in TwiML`, field.at);
  }
  const scope: TwimlScope = { context, documentUrl: url, log, secrets: {} };
  const steps = root.children.flatMap((element) => readTwimlVerb(element, scope));
  return { steps, ...log.finish(), flowState: callState(context), secrets: scope.secrets };
}
