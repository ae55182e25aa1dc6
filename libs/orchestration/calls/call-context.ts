import type { ApplicationView, CallIdentity, FlowClient, ParsedDocument, SourcePosition, VendorName } from '#libs/recording-model';

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
  /** Told of every document as it is read, with its accounting. */
  readonly onDocument?: (document: ParsedDocument, url: string | null) => void;
  /** Told of everything that is not done as a document asks; the position is null where no document says it. */
  readonly onWarning?: (message: string, position: SourcePosition | null) => void;
}
