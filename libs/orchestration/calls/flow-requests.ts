import {
  RecgateError,
  splitUserinfo,
  toRecgateError,
  type ApplicationView,
  type CallEndReason,
  type CallIdentity,
  type CallState,
  type Clock,
  type DocumentRole,
  type FlowClient,
  type FlowContext,
  type FlowRequest,
  type IdSource,
  type JsonObject,
  type ParsedDocument,
  type RecordingView,
  type SecretBag,
  type StoredDocumentName,
  type VendorAdapter,
  type WireRequest,
} from '#libs/recording-model';

import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';
import { openStored, type OpenedDocument } from './stored-documents.js';
import { keepUntold } from './untold-requests.js';

export interface FlowRequestPorts {
  readonly adapter: VendorAdapter;
  readonly client: FlowClient;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly gatewayUrl?: string | undefined;
  /** What the vendor's API has stored for the application; null: there is no such document. */
  readonly stored: (name: StoredDocumentName) => Promise<OpenedDocument | null>;
  /** Keeps a request that nobody heard; absent: it is lost. */
  readonly keep?: (request: FlowRequest, wire: WireRequest, thrown: unknown) => Promise<void>;
}

/** What the requests of one call need. */
export function flowRequestPorts(ports: OrchestrationPorts, context: CallContext): FlowRequestPorts {
  const { adapters, ids, clock, settings } = ports;
  const stored = (name: StoredDocumentName) => openStored(ports, context, name);
  const keep: FlowRequestPorts['keep'] = (request, wire, thrown) => keepUntold(ports, context, request, wire, thrown);
  return { adapter: adapters[context.vendor], client: context.client, ids, clock, gatewayUrl: settings.gatewayUrl, stored, keep };
}

/** The state of the call as a request to the application tells it. */
export interface FlowSituation {
  readonly application: ApplicationView;
  readonly call: CallIdentity;
  readonly callState: CallState;
  readonly callDurationMs: number;
  readonly answered: boolean;
  readonly hangupBy: FlowContext['hangupBy'];
  readonly endReason?: CallEndReason;
  readonly documentUrl: string | null;
  readonly flowState: JsonObject;
  readonly secrets: SecretBag;
  readonly recording: RecordingView | null;
  readonly collected: FlowContext['collected'];
  readonly connectedMs?: number;
  readonly interrupted?: NonNullable<FlowContext['interrupted']>;
  readonly error: RecgateError | null;
}

/** What kind of document answers a request; every other purpose is answered with a plain flow document. */
const ANSWER_ROLES: Readonly<Record<string, DocumentRole>> = { ice: 'ice', ace: 'ace', pie: 'pie', end: 'end' };

/**
 * Asks the application for its next document and reads it.
 * @throws RecgateError `outbound.*` when nothing usable came, `document.*` or `field.*` when it cannot be read
 */
export async function requestDocument(
  ports: FlowRequestPorts,
  request: FlowRequest,
  situation: FlowSituation,
): Promise<{ readonly document: ParsedDocument; readonly url: string }> {
  return readAnswer(ports, request, situation, await answerTo(ports, request, situation));
}

/**
 * The same for an answer that nothing follows; null when it holds nothing.
 * @throws RecgateError as `requestDocument`
 */
export async function requestEnd(
  ports: FlowRequestPorts,
  request: FlowRequest,
  situation: FlowSituation,
): Promise<ParsedDocument | null> {
  const answer = await answerTo(ports, request, situation);
  return answer.body.trim() === '' ? null : readAnswer(ports, { ...request, purpose: 'end' }, situation, answer).document;
}

function readAnswer(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation, { body, url, role: known }: Answer) {
  const role = known ?? ANSWER_ROLES[request.purpose] ?? 'flow';
  const document = ports.adapter.parse(
    { body, role, url },
    {
      application: situation.application,
      call: situation.call,
      ids: ports.ids,
      now: ports.clock.now(),
      flowState: situation.flowState,
      callState: situation.callState,
    },
  );
  return { document, url };
}

/** The application's answer and where it came from, or the one that is known without it. */
async function answerTo(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation): Promise<Answer> {
  const { knownAnswer, stored, url } = request;
  if (stored !== undefined) return storedAnswer(ports, stored);
  const own = ports.adapter.answerItself?.(request, contextOf(ports, situation)) ?? null;
  if (own !== null) return { body: own, url };
  if (knownAnswer?.when === 'always') return { body: knownAnswer.document, url };
  try {
    return await ask(ports, request, situation);
  } catch (thrown) {
    if (knownAnswer === undefined) throw thrown;
    return { body: knownAnswer.document, url };
  }
}

async function storedAnswer(ports: FlowRequestPorts, name: StoredDocumentName): Promise<Answer> {
  const found = await ports.stored(name);
  if (found !== null) return { ...found, url: '' };
  const which = name.by === 'id' ? `with the id ${name.id}` : `for the number ${name.number}`;
  throw new RecgateError('request.not_found', `The application has stored no document ${which}`);
}

/**
 * Tells the application something whose answer has no effect (the end of the call).
 * @throws RecgateError `outbound.*`, also when the request is kept to be made again
 */
export async function requestOnly(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation): Promise<void> {
  try {
    await ask(ports, request, situation);
  } catch (thrown) {
    await ports.keep?.(request, renderRequest(ports, request, situation), thrown);
    throw thrown;
  }
}

/** The requests that the end of a call brings. Settings that cannot be used must not keep the call from ending. */
export function requestsOfEnd(
  adapter: Pick<VendorAdapter, 'lastRequests'>,
  call: { readonly context: { readonly application: ApplicationView; readonly identity: CallIdentity }; warn(message: string): void },
  flowState: JsonObject,
): readonly FlowRequest[] {
  try {
    return adapter.lastRequests(call.context.application, call.context.identity, flowState);
  } catch (thrown) {
    call.warn(`The end of the call is told to nobody: ${toRecgateError(thrown).message}`);
    return [];
  }
}

interface Answer {
  readonly body: string;
  readonly url: string;
  /** What kind of document it is, where that is known beforehand. */
  readonly role?: DocumentRole;
}

const FALLBACK_USERINFO = 'fallback.userinfo';

/**
 * Asks the primary address once, and after its timeout or error the fallback once (Sinch contract §1). What answered and
 * cannot be read was an answer.
 */
async function ask(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation): Promise<Answer> {
  try {
    return await askOnce(ports, request, situation, situation.secrets);
  } catch (thrown) {
    if (request.fallbackUrl === undefined || !toRecgateError(thrown).code.startsWith('outbound.')) throw thrown;
    const { url, userinfo } = splitUserinfo(request.fallbackUrl);
    if (userinfo === null) return askOnce(ports, { ...request, url }, situation, situation.secrets);
    const second: FlowRequest = { ...request, url, userinfo: { secret: FALLBACK_USERINFO } };
    return askOnce(ports, second, situation, { ...situation.secrets, [FALLBACK_USERINFO]: userinfo });
  }
}

async function askOnce(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation, secrets: SecretBag): Promise<Answer> {
  const { body } = await ports.client.fetch(renderRequest(ports, request, situation), secrets);
  return { body, url: request.url };
}

function renderRequest(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation) {
  return ports.adapter.renderFlowRequest(request, contextOf(ports, situation));
}

function contextOf({ clock, gatewayUrl }: FlowRequestPorts, { secrets: _secrets, ...context }: FlowSituation): FlowContext {
  return { ...context, now: clock.now(), ...(gatewayUrl === undefined ? {} : { gatewayUrl }) };
}
