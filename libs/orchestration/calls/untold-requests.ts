import {
  toRecgateError,
  type FlowRequest,
  type JsonObject,
  type StoredDocument,
  type WireRequest,
} from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';

/** The requests of all applications lie together: whoever makes them again looks for what is due. */
export const UNTOLD_OF_ALL = '*';
/** Pause before the second attempt, ms; those after it follow the durable policy. */
const SECOND_ATTEMPT_MS = 5000;

/** A request that nobody has heard yet, as its document keeps it. */
export interface UntoldRequest {
  readonly applicationId: string;
  /** Its credentials are those of the application. */
  readonly request: WireRequest;
  readonly attempts: number;
  /** ISO 8601. */
  readonly dueAt: string;
}

/** Keeps a request that nobody heard, so that it is made again; an address that may not be asked never will be. */
export async function keepUntold(
  { ledger, clock }: Pick<OrchestrationPorts, 'ledger' | 'clock'>,
  { callRef, application }: Pick<CallContext, 'callRef' | 'application'>,
  { purpose, keptIn }: FlowRequest,
  request: WireRequest,
  thrown: unknown,
): Promise<void> {
  if (keptIn === undefined || toRecgateError(thrown).code === 'outbound.refused') return;
  const dueAt = new Date(clock.now().getTime() + SECOND_ATTEMPT_MS).toISOString();
  const untold: UntoldRequest = { applicationId: application.applicationId, request, attempts: 1, dueAt };
  await ledger.documents.update(keptIn, UNTOLD_OF_ALL, `${callRef}.${purpose}`, () => ({ body: bodyOfUntold(untold), sealed: null }));
}

export function untoldOf({ body }: StoredDocument): UntoldRequest {
  return body as unknown as UntoldRequest;
}

export function bodyOfUntold(untold: UntoldRequest): JsonObject {
  return untold as unknown as JsonObject;
}
