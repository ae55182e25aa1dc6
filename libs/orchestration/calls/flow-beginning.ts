import type { DocumentRole, FlowRequest, JsonObject } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';
import type { FlowBeginning } from './node-protocol.js';
import { textOf } from './stored-documents.js';

/** What a flow begins with, its document opened. */
export type FlowStart =
  | { readonly kind: 'request'; readonly request: FlowRequest; readonly flowState?: JsonObject }
  | { readonly kind: 'document'; readonly body: string; readonly role: DocumentRole; readonly url: string | null };

/**
 * What the call's flow begins with: what whoever opened the call says, else what the vendor's API has stored for such
 * calls, else the application's first request. Null when there is none of them.
 */
export async function flowStartOf(
  ports: Pick<OrchestrationPorts, 'adapters' | 'ledger' | 'vault'>,
  context: CallContext,
  begin: FlowBeginning | undefined,
): Promise<FlowStart | null> {
  const { tenantId, callRef } = context;
  if (begin?.kind === 'request') return begin;
  if (begin?.kind === 'document') {
    const { sealedDocument, role, url } = begin;
    return { kind: 'document', body: ports.vault.open(sealedDocument, { tenantId, ownerId: callRef })['document'] ?? '', role, url };
  }
  return (await storedStart(ports, context)) ?? firstRequest(ports, context);
}

function firstRequest({ adapters }: Pick<OrchestrationPorts, 'adapters'>, { vendor, application, identity }: CallContext): FlowStart | null {
  const request = adapters[vendor].firstRequest(application, identity);
  return request === null ? null : { kind: 'request', request };
}

async function storedStart(
  { adapters, ledger, vault }: Pick<OrchestrationPorts, 'adapters' | 'ledger' | 'vault'>,
  { vendor, application, identity, tenantId }: CallContext,
): Promise<FlowStart | null> {
  const { callStarts } = adapters[vendor];
  if (callStarts === undefined) return null;
  const documents = await ledger.documents.list(callStarts.collection, application.applicationId);
  const start = callStarts.choose(application, identity, documents);
  if (start === null || start.kind === 'request') return start;
  return { kind: 'document', body: textOf({ vault }, tenantId, start.document), role: start.role, url: null };
}
