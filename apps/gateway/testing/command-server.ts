import {
  acceptRecording,
  asJson,
  requireApplication,
  viewApplication,
  type InstructCommand,
  type NodeCommands,
  type OpenCall,
  type StartRecordingCommand,
} from '#libs/orchestration';
import { serveNodeCommands } from '#libs/queues';
import { RecgateError, type CallRecord, type JsonValue } from '#libs/recording-model';
import type { Runtime } from '../../wiring/runtime.js';

/** Answers the commands of the gateway as a media node does, over the real queue and ledger, without any audio. */
export class CommandServer {
  /** Commands so far, as they came through the queue. */
  readonly commands: { readonly name: string; readonly data: JsonValue }[] = [];
  private readonly seen = new Set<string>();
  private constructor(
    private readonly runtime: Runtime,
    readonly nodeId: string,
  ) {}

  /** Serves and is alive until closed. */
  static async start(
    runtime: Runtime,
    nodeId = 'node-under-test',
  ): Promise<CommandServer & { close(): Promise<void> }> {
    const server = new CommandServer(runtime, nodeId);
    const served = serveNodeCommands(runtime.connections, runtime.config.redis.prefix, nodeId, (name, data) =>
      server.handle(name, data),
    );
    await runtime.ports.ledger.nodes.heartbeat({ nodeId, calls: 0, maxCalls: 10, accepting: true }, 600_000);
    return Object.assign(server, { close: () => served.close() });
  }

  private async handle(name: string, data: JsonValue): Promise<JsonValue> {
    this.commands.push({ name, data });
    switch (name) {
      case 'openCall':
        return asJson(await this.openCall(data as unknown as OpenCall));
      case 'startRecording':
        return asJson(await this.startRecording(data as unknown as StartRecordingCommand));
      case 'instruct':
        return asJson(await this.instruct(data as unknown as InstructCommand));
      case 'hangup':
        return asJson(await this.end((data as unknown as NodeCommands['hangup']['request']).callRef));
      default:
        return {};
    }
  }

  private async openCall(request: OpenCall): Promise<NodeCommands['openCall']['reply']> {
    const { callRef, tenantId, applicationId, identity } = request;
    const { vendor } = await requireApplication(this.runtime.ports, tenantId, applicationId);
    const media = { caller: { transport: 'rtp', address: '127.0.0.1:20000' } };
    const at = new Date().toISOString();
    const call: CallRecord = {
      callRef,
      tenantId,
      applicationId,
      vendor,
      nodeId: this.nodeId,
      identity,
      state: 'answered',
      createdAt: at,
      answeredAt: at,
      endedAt: null,
      endedBy: null,
      media,
      warnings: [],
    };
    await this.runtime.ports.ledger.calls.save(call);
    return { media };
  }

  private async startRecording({
    callRef,
    spec,
    sealedSecrets,
    idempotencyKey,
  }: StartRecordingCommand): Promise<NodeCommands['startRecording']['reply']> {
    const { vault } = this.runtime.ports;
    const call = await this.call(callRef);
    const secrets =
      sealedSecrets === null ? {} : vault.open(sealedSecrets, { tenantId: call.tenantId, ownerId: callRef });
    const { record, created } = await this.accept(call, { spec, secrets }, idempotencyKey);
    return { recordingId: record.id, created };
  }

  private async instruct({
    callRef,
    sealedDocument,
    role,
    url,
    idempotencyKey,
  }: InstructCommand): Promise<NodeCommands['instruct']['reply']> {
    const { vault, adapters, ids } = this.runtime.ports;
    const call = await this.call(callRef);
    const repeated = this.seen.has(idempotencyKey);
    this.seen.add(idempotencyKey);
    const { document = '' } = vault.open(sealedDocument, { tenantId: call.tenantId, ownerId: callRef });
    const application = await this.application(call);
    const parsed = adapters[call.vendor].parse(
      { body: document, role, url },
      { application, call: call.identity, ids, now: new Date() },
    );
    const recordings: string[] = [];
    for (const step of parsed.steps) {
      if (step.kind === 'record')
        recordings.push((await this.accept(call, step, `${idempotencyKey} ${recordings.length}`)).record.id);
    }
    return {
      recordings,
      accounting: parsed.accounting,
      warnings: parsed.warnings.map(({ message }) => message),
      repeated,
    };
  }

  private async accept(
    call: CallRecord,
    action: Parameters<typeof acceptRecording>[1]['action'],
    idempotencyKey: string | null,
  ) {
    const application = await this.application(call);
    const facts = {
      callState: call.state,
      callDurationMs: 0,
      nodeId: this.nodeId,
      documentUrl: null,
      accounting: [],
    } as const;
    return acceptRecording(this.runtime.ports, {
      application,
      callRef: call.callRef,
      call: call.identity,
      action,
      idempotencyKey,
      ...facts,
    });
  }

  private async application(call: CallRecord) {
    return viewApplication(
      this.runtime.ports,
      await requireApplication(this.runtime.ports, call.tenantId, call.applicationId),
    );
  }

  private async end(callRef: string): Promise<Record<string, never>> {
    await this.runtime.ports.ledger.calls.save({
      ...(await this.call(callRef)),
      state: 'ended',
      endedAt: new Date().toISOString(),
      endedBy: 'gateway',
    });
    return {};
  }

  private async call(callRef: string): Promise<CallRecord> {
    const call = await this.runtime.ports.ledger.calls.get(callRef);
    if (call === null) throw new RecgateError('request.not_found', `There is no call ${callRef}`);
    return call;
  }
}
