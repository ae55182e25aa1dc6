import {
  type ApplicationView,
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
  type RecgateError,
  type RecordingView,
  type SecretBag,
  type VendorAdapter,
} from '#libs/recording-model';

export interface FlowRequestPorts {
  readonly adapter: VendorAdapter;
  readonly client: FlowClient;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly gatewayUrl?: string | undefined;
}

/** The state of the call as a request to the application tells it. */
export interface FlowSituation {
  readonly application: ApplicationView;
  readonly call: CallIdentity;
  readonly callState: CallState;
  readonly callDurationMs: number;
  readonly hangupBy: FlowContext['hangupBy'];
  readonly documentUrl: string | null;
  readonly flowState: JsonObject;
  readonly secrets: SecretBag;
  readonly recording: RecordingView | null;
  readonly collected: FlowContext['collected'];
  readonly error: RecgateError | null;
}

/** What kind of document answers a request; every other purpose is answered with a plain flow document. */
const ANSWER_ROLES: Readonly<Record<string, DocumentRole>> = { ice: 'ice', ace: 'ace', pie: 'pie' };

/**
 * Asks the application for its next document and reads it.
 * @throws RecgateError `outbound.*` when nothing usable came, `document.*` or `field.*` when it cannot be read
 */
export async function requestDocument(
  ports: FlowRequestPorts,
  request: FlowRequest,
  situation: FlowSituation,
): Promise<{ readonly document: ParsedDocument; readonly url: string }> {
  const body = await answerTo(ports, request, situation);
  const role = ANSWER_ROLES[request.purpose] ?? 'flow';
  const document = ports.adapter.parse(
    { body, role, url: request.url },
    {
      application: situation.application,
      call: situation.call,
      ids: ports.ids,
      now: ports.clock.now(),
      flowState: situation.flowState,
    },
  );
  return { document, url: request.url };
}

/** The application's answer, or the one that is known without it. */
async function answerTo(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation): Promise<string> {
  const { knownAnswer } = request;
  if (knownAnswer?.when === 'always') return knownAnswer.document;
  try {
    return (await ports.client.fetch(renderRequest(ports, request, situation), situation.secrets)).body;
  } catch (thrown) {
    if (knownAnswer === undefined) throw thrown;
    return knownAnswer.document;
  }
}

/** Tells the application something whose answer has no effect (the end of the call). */
export async function requestOnly(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation): Promise<void> {
  await ports.client.fetch(renderRequest(ports, request, situation), situation.secrets);
}

function renderRequest(ports: FlowRequestPorts, request: FlowRequest, situation: FlowSituation) {
  const { secrets: _secrets, ...context } = situation;
  return ports.adapter.renderFlowRequest(request, {
    ...context,
    now: ports.clock.now(),
    ...(ports.gatewayUrl === undefined ? {} : { gatewayUrl: ports.gatewayUrl }),
  });
}
