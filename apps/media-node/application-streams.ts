import { applicationOfStream, STREAM_DIALECTS, type OpenCall, type OpenedCall, type OrchestrationPorts } from '#libs/orchestration';
import { PARTIES, type CallDirection, type CallIdentity, type Party } from '#libs/recording-model';

/** A stream that comes to an application's address. */
export interface ApplicationStream {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Longest name of a call or a party that is taken from an address, characters. */
const LONGEST_NAME = 256;

/**
 * Opens a call for a stream at `/applications/<token>/<dialect>`, whose flow begins when the stream has said what it is.
 * Answers with the path at which the call waits for it; null: the address is none.
 * @throws RecgateError `node.full`; `request.invalid` when the application has nothing to begin with
 */
export async function welcomeStream(
  ports: OrchestrationPorts,
  open: (call: OpenCall) => Promise<OpenedCall>,
  { path, query }: ApplicationStream,
): Promise<string | null> {
  const [, token = '', dialectName = ''] = /^\/applications\/([^/]+)\/([a-z]+)$/.exec(path) ?? [];
  const dialect = STREAM_DIALECTS.find((each) => each === dialectName);
  const application = dialect === undefined ? null : await applicationOfStream(ports, token);
  if (dialect === undefined || application === null) return null;
  const party: Party = PARTIES.find((each) => each === query.get('party')) ?? 'caller';
  const { media } = await open({
    callRef: `call_${ports.ids.hex(20)}`,
    tenantId: application.tenantId,
    applicationId: application.id,
    identity: identityOf(query, ports),
    legs: { [party]: { transport: 'websocket', dialect } },
    answered: false,
    fetchDocument: true,
    beginWhen: 'answered',
    byStream: { namesCall: nameIn(query, 'callId') === null },
  });
  const address = media[party]?.address;
  return address === undefined ? null : new URL(address).pathname;
}

function identityOf(query: URLSearchParams, { ids }: Pick<OrchestrationPorts, 'ids'>): CallIdentity {
  const direction: CallDirection = query.get('direction') === 'outbound' ? 'outbound' : 'inbound';
  const [from, to, callId] = [nameIn(query, 'from'), nameIn(query, 'to'), nameIn(query, 'callId')];
  return { callId: callId ?? ids.uuid(), from: from ?? '', to: to ?? '', direction, vendor: {} };
}

function nameIn(query: URLSearchParams, key: string): string | null {
  const value = query.get(key)?.slice(0, LONGEST_NAME) ?? '';
  return value === '' ? null : value;
}
