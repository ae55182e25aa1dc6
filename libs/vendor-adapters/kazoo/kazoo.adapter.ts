import type { ParseContext, ParsedDocument, VendorAdapter, VendorDocument } from '#libs/recording-model';
import { parseJsonDocument } from '../shared/index.js';
import { kazooAddresses } from './kazoo.auth.js';
import { withCallRecording } from './kazoo.call-recording.js';
import { kazooCallStarts } from './kazoo.call-starts.js';
import { KAZOO_CAPABILITIES } from './kazoo.capabilities.js';
import { accountSurroundings, callflowNameOf, formOf } from './kazoo.document.js';
import { renderKazooError } from './kazoo.errors.js';
import { renderKazooEvent } from './kazoo.event-renderer.js';
import { mapFlow } from './kazoo.flow-mapper.js';
import { firstKazooRequest, renderKazooFlowRequest } from './kazoo.flow-renderer.js';
import { kazooKeyCommands } from './kazoo.metaflow-keys.js';
import { callState, mintKazooNames, nameKazooObject } from './kazoo.names.js';
import { openScope } from './kazoo.open-scope.js';
import { pivotState } from './kazoo.pivot-parameters.js';
import { accountBelow } from './kazoo.scope.js';
import { KAZOO_SETTINGS, kazooSettings } from './kazoo.settings.js';
import { isTwiml, parseTwiml } from './kazoo.twiml.js';
import { validateCallflow } from './kazoo.validation.js';
import { failedWebhooks } from './kazoo.webhook-attempts.js';

/** A node takes two levels of nesting, so that a long flow is a deep document. */
const MAX_DEPTH = 256;

/** Kazoo: callflows, Pivot nodes, Pivot's TwiML and metaflows in; uploads and `object` webhooks out. */
export const kazooAdapter: VendorAdapter = {
  vendor: 'kazoo',
  settings: KAZOO_SETTINGS,
  addresses: kazooAddresses,
  capabilities: KAZOO_CAPABILITIES,
  parse: (document, context) => withCallRecording(readKazooDocument(document, context), document.role, context),
  mintNames: mintKazooNames,
  nameObject: nameKazooObject,
  render: renderKazooEvent,
  firstRequest: firstKazooRequest,
  callStarts: kazooCallStarts,
  keyCommands: kazooKeyCommands,
  lastRequests: () => [],
  errorRequest: () => null,
  renderFlowRequest: renderKazooFlowRequest,
  failedNotifications: failedWebhooks,
  renderError: renderKazooError,
};

/**
 * Reads a callflow, a metaflow, or what an application answers to Pivot in TwiML (contract §3.3).
 * @throws as `parseKazooDocument` and `parseTwiml`
 */
function readKazooDocument(document: VendorDocument, context: ParseContext): ParsedDocument {
  if (isTwiml(document)) return parseTwiml(document, context);
  const parsed = parseKazooDocument(document, context);
  return { ...parsed, flowState: { ...parsed.flowState, ...pivotState(parsed) } };
}

/**
 * Reads a callflow or metaflow.
 * @throws KazooValidationError with every failure of a saved callflow; RecgateError `document.*`, `field.*` otherwise.
 */
function parseKazooDocument({ body, role }: VendorDocument, context: ParseContext): ParsedDocument {
  const settings = kazooSettings(context.application);
  const document = parseJsonDocument(body, { maxDepth: MAX_DEPTH });
  const form = formOf(document, role, settings);
  if (form.mode === 'saved') validateCallflow(document, form.callflowPointer, form.flowPointer, settings);
  const scope = openScope(document, context, { ...form, callflowName: callflowNameOf(document, form) }, settings);
  accountSurroundings(form, scope);
  const steps = mapFlow(form.flowPointer, scope);
  accountBelow(scope, '', 'unknown', { reason: 'not in the contract; kept and ignored' });
  const accounting = scope.accounts.finish(document.leafPointers());
  for (const { path, outcome } of accounting) {
    // Of a module that there is not, a warning of its own tells.
    if (outcome === 'unknown' && !path.endsWith('/module'))
      scope.warnings.push({
        message: `${path} is not in the contract; it is ignored`,
        position: document.positionOf(path),
      });
  }
  return { steps, accounting, warnings: scope.warnings, flowState: callState(context), secrets: scope.secrets };
}
