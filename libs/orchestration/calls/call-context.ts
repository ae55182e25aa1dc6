import type { ApplicationView, CallIdentity, FlowClient, ParsedDocument, Party, SourcePosition, VendorName } from '#libs/recording-model';
import type { ConferenceRooms } from './conference-rooms.js';

/** What stays the same during a call. */
export interface CallContext {
  readonly callRef: string;
  readonly tenantId: string;
  readonly nodeId: string | null;
  readonly vendor: VendorName;
  readonly application: ApplicationView;
  readonly identity: CallIdentity;
  /** Asks the application for documents. */
  readonly client: FlowClient;
  /** What a call has whose audio comes from outside; absent: it is simulated, and nothing is heard by anybody. */
  readonly live?: LiveCallFacts;
  /** Told of every document as it is read, with its accounting. */
  readonly onDocument?: (document: ParsedDocument, url: string | null) => void;
  /** Told of everything that is not done as a document asks; the position is null where no document says it. */
  readonly onWarning?: (message: string, position: SourcePosition | null) => void;
}

export interface LiveCallFacts {
  /** The legs that the call was opened with. */
  readonly parties: readonly Party[];
  /** Whether the gateway carries the audio between connected legs. */
  readonly relay: boolean;
  /** Whether the first audio of a leg answers the call, and that of the connected one bridges it. */
  readonly answerOnMedia: boolean;
  /** A call that is not answered after this media time ends, ms; null: the media timeout alone decides. */
  readonly ringMs: number | null;
  /** Set for a call that a stream has opened; see `OpenCall.byStream`. */
  readonly byStream: { readonly namesCall: boolean } | null;
  readonly conferences: ConferenceRooms;
}

/**
 * Whether the application is told of the end: a stream that broke off before it said what it is was never a call, and
 * nobody has heard of it.
 */
export function isToldOfEnd({ live }: CallContext, answeredAt: string | null): boolean {
  return live === undefined || live.byStream === null || answeredAt !== null;
}

/** The party that the application talks to: whoever called it, or whom it called; with a single leg, that one. */
export function firstParty({ identity, live }: CallContext): Party {
  const wanted: Party = identity.direction === 'outbound' ? 'callee' : 'caller';
  return live === undefined || live.parties.includes(wanted) ? wanted : otherParty(wanted);
}

/** The party that a flow connects the first one to. */
export function secondParty(context: CallContext): Party {
  return otherParty(firstParty(context));
}

function otherParty(party: Party): Party {
  return party === 'caller' ? 'callee' : 'caller';
}
