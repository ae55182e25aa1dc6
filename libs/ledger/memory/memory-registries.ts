import type {
  ApplicationLedger,
  ApplicationRecord,
  CallLedger,
  CallRecord,
  LeftoverLedger,
  NodeLedger,
  NodeStatus,
  VendorName,
} from '#libs/recording-model';

export class MemoryApplicationLedger implements ApplicationLedger {
  private readonly applications = new Map<string, ApplicationRecord>();

  save(application: ApplicationRecord): Promise<void> {
    this.applications.set(application.id, application);
    return Promise.resolve();
  }

  get(applicationId: string): Promise<ApplicationRecord | null> {
    return Promise.resolve(this.applications.get(applicationId) ?? null);
  }

  list(tenantId: string): Promise<readonly ApplicationRecord[]> {
    return Promise.resolve([...this.applications.values()].filter((application) => application.tenantId === tenantId));
  }

  findByAddress(vendor: VendorName, address: string): Promise<readonly ApplicationRecord[]> {
    const all = [...this.applications.values()];
    return Promise.resolve(all.filter((each) => each.vendor === vendor && each.addresses.includes(address)));
  }

  delete(applicationId: string): Promise<void> {
    this.applications.delete(applicationId);
    return Promise.resolve();
  }
}

export class MemoryCallLedger implements CallLedger {
  private readonly calls = new Map<string, CallRecord>();

  save(call: CallRecord): Promise<void> {
    this.calls.set(call.callRef, call);
    return Promise.resolve();
  }

  get(callRef: string): Promise<CallRecord | null> {
    return Promise.resolve(this.calls.get(callRef) ?? null);
  }

  list(tenantId: string, limit: number): Promise<readonly CallRecord[]> {
    return Promise.resolve(this.newestFirst((call) => call.tenantId === tenantId).slice(0, limit));
  }

  listOfApplication(applicationId: string, limit: number): Promise<readonly CallRecord[]> {
    return Promise.resolve(this.newestFirst((call) => call.applicationId === applicationId).slice(0, limit));
  }

  listOfConference(applicationId: string, conferenceId: string): Promise<readonly CallRecord[]> {
    return Promise.resolve(
      this.newestFirst(
        ({ applicationId: owner, state, conference }) =>
          owner === applicationId && state !== 'ended' && conference?.conferenceId === conferenceId,
      ),
    );
  }

  findByCallId(applicationId: string, callId: string): Promise<CallRecord | null> {
    const [newest] = this.newestFirst((call) => call.applicationId === applicationId && call.identity.callId === callId);
    return Promise.resolve(newest ?? null);
  }

  private newestFirst(wanted: (call: CallRecord) => boolean): CallRecord[] {
    return [...this.calls.values()].filter(wanted).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }
}

export class MemoryLeftoverLedger implements LeftoverLedger {
  private readonly leftovers = new Map<string, string>();

  note(recordingId: string, leftover: string): Promise<void> {
    this.leftovers.set(recordingId, leftover);
    return Promise.resolve();
  }

  clear(recordingId: string): Promise<void> {
    this.leftovers.delete(recordingId);
    return Promise.resolve();
  }

  list(limit: number): Promise<readonly { recordingId: string; leftover: string }[]> {
    const all = [...this.leftovers].map(([recordingId, leftover]) => ({ recordingId, leftover }));
    return Promise.resolve(all.slice(0, limit));
  }
}

export class MemoryNodeLedger implements NodeLedger {
  private readonly nodes = new Map<string, { status: NodeStatus; until: number }>();

  heartbeat(status: NodeStatus, ttlMs: number): Promise<void> {
    this.nodes.set(status.nodeId, { status, until: Date.now() + ttlMs });
    return Promise.resolve();
  }

  alive(): Promise<readonly NodeStatus[]> {
    const now = Date.now();
    return Promise.resolve([...this.nodes.values()].filter((node) => node.until > now).map((node) => node.status));
  }

  remove(nodeId: string): Promise<void> {
    this.nodes.delete(nodeId);
    return Promise.resolve();
  }
}
