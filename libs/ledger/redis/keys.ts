import { chainName } from '../chain-name.js';

/** How many slices the recordings are spread over; each slice is one Redis Cluster hash tag. Never changed on live data. */
export const PARTITIONS = 8;

/** Slice of a recording: everything a transition writes lies in one slice, so that one script can write it. */
export function partitionOf(recordingId: string): number {
  let hash = 2166136261;
  for (let index = 0; index < recordingId.length; index += 1) {
    hash = Math.imul(hash ^ recordingId.charCodeAt(index), 16777619);
  }
  return (hash >>> 0) % PARTITIONS;
}

/** All slices in order. */
export const ALL_PARTITIONS: readonly number[] = Array.from({ length: PARTITIONS }, (_, index) => index);

/** The key names, in one place. */
export function createKeys(prefix: string) {
  const slice = (partition: number) => `${prefix}:{p${partition}}`;
  const of = (recordingId: string) => slice(partitionOf(recordingId));
  return {
    recording: (id: string) => `${of(id)}:rec:${id}`,
    events: (id: string) => `${of(id)}:evt:${id}`,
    outbox: (partition: number) => `${slice(partition)}:outbox`,
    /** By the time their files are to be deleted. */
    deletions: (partition: number) => `${slice(partition)}:deletions`,
    active: (partition: number) => `${slice(partition)}:active`,
    tenantRecordings: (partition: number, tenantId: string) => `${slice(partition)}:tenant:${tenantId}`,
    delivery: (recordingId: string, deliveryId: string) => `${of(recordingId)}:dlv:${deliveryId}`,
    chain: (recordingId: string, subscription: string) => `${of(recordingId)}:chain:${chainName(recordingId, subscription)}`,
    deliveriesOf: (recordingId: string) => `${of(recordingId)}:dlvs:${recordingId}`,
    due: (partition: number) => `${slice(partition)}:due`,
    lease: (recordingId: string, subscription: string) => `${of(recordingId)}:lease:${chainName(recordingId, subscription)}`,
    application: (id: string) => `${prefix}:{apps}:app:${id}`,
    /** Field: a name of the recording; value: its id. */
    names: (partition: number, applicationId: string) => `${slice(partition)}:names:${applicationId}`,
    applicationAddress: (vendor: string, address: string) => `${prefix}:{apps}:at:${vendor}:${address}`,
    tenantApplications: (tenantId: string) => `${prefix}:{apps}:tenant:${tenantId}`,
    call: (callRef: string) => `${prefix}:{calls}:call:${callRef}`,
    tenantCalls: (tenantId: string) => `${prefix}:{calls}:tenant:${tenantId}`,
    applicationCalls: (applicationId: string) => `${prefix}:{calls}:app:${applicationId}`,
    conferenceCalls: (applicationId: string, conferenceId: string) => `${prefix}:{calls}:conf:${applicationId}:${conferenceId}`,
    callId: (applicationId: string, callId: string) => `${prefix}:{calls}:id:${applicationId}:${callId}`,
    documents: (applicationId: string, collection: string) => `${prefix}:{docs-${applicationId}}:${collection}`,
    collections: (applicationId: string) => `${prefix}:{docs-${applicationId}}`,
    leftovers: () => `${prefix}:{leftovers}`,
    nodes: () => `${prefix}:{nodes}`,
    channel: (tenantId: string) => `${prefix}:events:${tenantId}`,
  };
}

export type Keys = ReturnType<typeof createKeys>;
