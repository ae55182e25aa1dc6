import {
  PARTIES,
  RecgateError,
  toRecgateError,
  type ApplicationRecord,
  type CallMedia,
  type CallMediaListener,
  type CallRecord,
  type ConferenceMedia,
  type FlowClient,
  type JsonObject,
  type JsonValue,
  type Party,
  type SecretBag,
} from '#libs/recording-model';
import { requireApplication, viewApplication } from '../applications.js';
import { recordingIdOf, type RecordingRequest } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';
import { CallSession } from './call-session.js';
import { ConferenceRooms } from './conference-rooms.js';
import { flowStartOf } from './flow-beginning.js';
import {
  asJson,
  type CallEventCommand,
  type ControlCommand,
  type InstructCommand,
  type InstructReply,
  type InterruptCommand,
  type InterruptReply,
  type NodeCommandName,
  type NodeCommands,
  type OpenCall,
  type OpenedCall,
  type ParticipantCommand,
  type StartRecordingCommand,
} from './node-protocol.js';
import { PatientWriter } from './patient-writer.js';
import { RecordingWaiter } from './recording-waiter.js';

/** Instructions of a call that are known again when they are given twice; the oldest make room. */
const MOST_INSTRUCTIONS = 256;

/** Opens the live media of a call; bound to the media node's sockets by the app. */
export interface LiveMediaFactory {
  /** @throws RecgateError `node.full`, `media.format`, `request.invalid` */
  open(call: OpenCall, listener: LiveMediaListener): Promise<OpenedMedia>;
  /** Opens the room of a conference. @throws RecgateError `node.full` */
  openConference(callRef: string, listener: CallMediaListener): ConferenceMedia;
}

/** What live media tells beyond what all media does. */
export interface LiveMediaListener extends CallMediaListener {
  /** The far end of a stream has stopped or gone. */
  streamEnded(parties: readonly (Party | 'conference')[]): void;
  /** The far end of a stream has said what it is; `callId` is its own name of the call, null when it told none. */
  streamOpened(facts: { readonly callId: string | null }): void;
  /** Something in the work of the call has thrown; it cannot go on. */
  mediaFailed(thrown: unknown): void;
  /** The first audio of a leg has arrived. */
  partyHeard(party: Party | 'conference'): void;
}

export interface OpenedMedia {
  readonly media: CallMedia;
  /** Where each leg is to send its audio. */
  readonly endpoints: OpenedCall['media'];
}

interface LiveCall {
  readonly session: CallSession;
  /** The call as the ledger is to know it now. */
  readonly record: () => CallRecord;
  readonly writer: PatientWriter;
  /** Replies by idempotency key, so that an instruction given twice is carried out once. */
  readonly instructions: Map<string, Promise<InstructReply>>;
}

/** The calls of one media node and the commands that steer them. */
export class CallRegistry {
  private readonly calls = new Map<string, LiveCall>();
  /** Calls on their way to being open: one that is asked for twice at the same moment is opened once. */
  private readonly opening = new Map<string, Promise<OpenedCall>>();
  /** Starts under way by recording id: one that comes twice at the same moment must not begin twice. */
  private readonly starts = new Map<string, Promise<unknown>>();
  private readonly waiter: RecordingWaiter;
  private readonly conferences: ConferenceRooms;
  private stopping = false;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly nodeId: string,
    private readonly factory: LiveMediaFactory,
    private readonly client: FlowClient,
  ) {
    this.waiter = new RecordingWaiter(ports.ledger);
    this.conferences = new ConferenceRooms(ports, nodeId, factory);
  }

  get size(): number {
    return this.calls.size;
  }

  /** Carries out one command of the node's queue. */
  async handle(name: string, data: JsonValue): Promise<JsonValue> {
    const handler = this.handlers[name as NodeCommandName] as ((request: JsonValue) => Promise<object>) | undefined;
    if (handler === undefined) throw new RecgateError('request.invalid', `A media node knows no command "${name}"`);
    return asJson(await handler(data));
  }

  /**
   * Ends all calls; their recordings are finished and kept. Waits for what their ends bring about no longer than
   * `patienceMs`: the spools hold all audio by then, and the next start goes on from them.
   */
  async stop(patienceMs: number): Promise<void> {
    this.stopping = true;
    const calls = [...this.calls.values()].map((call) => call.session.hangup(null, 'nodeStopped').then(() => call.writer.drained()));
    const ended = Promise.all([...calls, this.conferences.stop()]);
    ended.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), patienceMs)));
    if ((await Promise.race([ended, late])) === 'late') {
      this.ports.log.warn('calls are left to the next start', { calls: this.calls.size });
    }
    clearTimeout(timer);
    await this.waiter.close();
  }

  private readonly handlers: { [Name in NodeCommandName]: (request: NodeCommands[Name]['request']) => Promise<NodeCommands[Name]['reply']> } = {
    openCall: (request) => this.open(request),
    callEvent: (request) => this.event(request),
    instruct: (request) => this.instruct(request),
    startRecording: (request) => this.startRecording(request),
    control: (request) => this.control(request),
    interrupt: (request) => this.interrupt(request),
    participant: (request) => this.participant(request),
    hangup: (request) => this.hangup(request),
  };

  /**
   * Opens a call; one that is open already is answered as it is.
   * @throws RecgateError `request.not_found` for the application, `request.invalid` when there is nothing to begin with,
   *   `node.full`, `media.format`
   */
  async open(request: OpenCall): Promise<OpenedCall> {
    if (this.stopping) throw shuttingDown();
    const { callRef } = request;
    const underWay = this.opening.get(callRef);
    if (underWay !== undefined) return underWay;
    const known = this.calls.get(callRef);
    if (known !== undefined) return { media: known.record().media };
    const opening = this.openOnce(request);
    this.opening.set(callRef, opening);
    try {
      return await opening;
    } finally {
      this.opening.delete(callRef);
    }
  }

  private async openOnce(request: OpenCall): Promise<OpenedCall> {
    const { ports } = this;
    const application = await requireApplication(ports, request.tenantId, request.applicationId);
    // What requests at the end will need, for whoever finds the call when this process has died.
    let flowState: JsonObject = {};
    const context: CallContext = {
      ...this.contextOf(request, application),
      onDocument: (document) => {
        flowState = { ...flowState, ...document.flowState };
        this.changed(session);
      },
    };
    const start = request.fetchDocument ? await flowStartOf(ports, context, request.begin) : null;
    if (request.fetchDocument && start === null) {
      throw new RecgateError('request.invalid', 'The application names no address to ask for its document', { field: 'fetchDocument' });
    }
    if (start?.kind === 'request') flowState = start.flowState ?? {};
    const session: CallSession = new CallSession(ports, context, this.waiter, { changed: (changed) => this.changed(changed) });
    const { media, endpoints } = await this.factory.open(request, session);
    session.attach(media);
    const createdAt = ports.clock.now().toISOString();
    const record = () => ({
      ...callRecord(request, session, endpoints, this.nodeId, createdAt),
      ...this.sealed(flowState, { tenantId: request.tenantId, ownerId: request.callRef }),
    });
    this.calls.set(request.callRef, { session, record, writer: new PatientWriter(ports.log), instructions: new Map() });
    if (request.answered) session.answered();
    try {
      // Whoever asked is told that there is no call when one of these fails; then there must be none.
      await ports.ledger.calls.save(record());
      if (this.stopping) throw shuttingDown();
      if (start !== null && session.state !== 'ended') session.begin(start, request.beginWhen ?? 'now');
    } catch (thrown) {
      void session.hangup(null);
      throw thrown;
    }
    return { media: endpoints };
  }

  private sealed(flowState: JsonObject, owner: { readonly tenantId: string; readonly ownerId: string }): Pick<CallRecord, 'sealedFlowState'> {
    if (Object.keys(flowState).length === 0) return {};
    return { sealedFlowState: this.ports.vault.seal({ state: JSON.stringify(flowState) }, owner) };
  }

  private contextOf(request: OpenCall, application: ApplicationRecord): CallContext {
    const { callRef, tenantId, identity, legs, relay = false, answerOnMedia = false, ringMs = null, byStream = null } = request;
    const parties = PARTIES.filter((party) => legs[party] !== undefined);
    return {
      callRef,
      tenantId,
      nodeId: this.nodeId,
      vendor: application.vendor,
      application: viewApplication(this.ports, application),
      identity,
      client: this.client,
      live: { parties, relay, answerOnMedia, ringMs, byStream, conferences: this.conferences },
    };
  }

  private async event({ callRef, event }: CallEventCommand): Promise<Record<string, never>> {
    const { session } = this.require(callRef);
    if (event.type === 'begin') session.begin(event.begin, 'ifWaiting');
    else session.event(event);
    return {};
  }

  private instruct(command: InstructCommand): Promise<InstructReply> {
    const call = this.require(command.callRef);
    const earlier = call.instructions.get(command.idempotencyKey);
    if (earlier !== undefined) return earlier.then((reply) => ({ ...reply, repeated: true }));
    const reply = this.carryOut(call.session, command);
    call.instructions.set(command.idempotencyKey, reply);
    const [oldest] = call.instructions.keys();
    if (oldest !== undefined && call.instructions.size > MOST_INSTRUCTIONS) call.instructions.delete(oldest);
    reply.catch(() => call.instructions.delete(command.idempotencyKey));
    return reply;
  }

  private async carryOut(session: CallSession, command: InstructCommand): Promise<InstructReply> {
    const owner = { tenantId: session.context.tenantId, ownerId: command.callRef };
    const body = this.ports.vault.open(command.sealedDocument, owner)['document'] ?? '';
    const before = new Set(session.recordingIds);
    const parsed = session.instruct({ body, role: command.role, url: command.url }, command.toward ?? null);
    await session.accepted();
    return {
      recordings: session.recordingIds.filter((id) => !before.has(id)),
      accounting: parsed.accounting,
      warnings: parsed.warnings.map((warning) => warning.message),
      repeated: false,
    };
  }

  private async startRecording(command: StartRecordingCommand): Promise<{ recordingId: string; created: boolean }> {
    const { session } = this.require(command.callRef);
    const { context } = session;
    const owner = { tenantId: context.tenantId, ownerId: command.callRef };
    const secrets: SecretBag = command.sealedSecrets === null ? {} : this.ports.vault.open(command.sealedSecrets, owner);
    const request: RecordingRequest = {
      application: context.application,
      callRef: context.callRef,
      call: context.identity,
      callState: session.state,
      callDurationMs: session.callDurationMs,
      nodeId: this.nodeId,
      documentUrl: null,
      action: { spec: command.spec, secrets },
      accounting: command.accounting,
      idempotencyKey: command.idempotencyKey,
    };
    if (command.idempotencyKey === null) return this.begin(session, request);
    const recordingId = recordingIdOf(context.tenantId, command.idempotencyKey);
    return this.oneAtATime(recordingId, async () => {
      const existing = await this.ports.ledger.recordings.get(recordingId);
      return existing === null ? this.begin(session, request) : { recordingId, created: false };
    });
  }

  private async begin(session: CallSession, request: RecordingRequest): Promise<{ recordingId: string; created: boolean }> {
    if (session.state === 'ended') throw new RecgateError('request.conflict', 'The call has ended');
    const run = session.record(request, () => undefined);
    if (run === null) throw new RecgateError('request.conflict', 'The same recording is running already');
    await run.accepted;
    return { recordingId: run.recordingId, created: true };
  }

  private async oneAtATime<T>(recordingId: string, start: () => Promise<T>): Promise<T> {
    const earlier = this.starts.get(recordingId) ?? Promise.resolve();
    const own = earlier.then(start, start);
    this.starts.set(recordingId, own);
    try {
      return await own;
    } finally {
      if (this.starts.get(recordingId) === own) this.starts.delete(recordingId);
    }
  }

  private async control({ callRef, recordingId, action }: ControlCommand): Promise<Record<string, never>> {
    const room = this.conferences.find(callRef);
    if (room !== null) room.recordings.control(recordingId, action);
    else this.require(callRef).session.control(recordingId, action);
    return {};
  }

  private async interrupt({ callRef, redirect }: InterruptCommand): Promise<InterruptReply> {
    return { step: this.require(callRef).session.interrupt(redirect) };
  }

  private async participant({ callRef, ...command }: ParticipantCommand): Promise<Record<string, never>> {
    this.require(callRef).session.connection.steer(command);
    return {};
  }

  /** Answers at once; the recordings finish on their own. */
  private async hangup({ callRef, by }: NodeCommands['hangup']['request']): Promise<Record<string, never>> {
    void this.require(callRef).session.hangup(by);
    return {};
  }

  private changed(session: CallSession): void {
    const { callRef } = session.context;
    const call = this.calls.get(callRef);
    if (call === undefined) return;
    call.writer
      .write('call', () => this.ports.ledger.calls.save(call.record()))
      .catch((thrown: unknown) => this.ports.log.warn('call could not be saved', { callRef, reason: toRecgateError(thrown).message }));
    if (session.over) this.calls.delete(callRef);
  }

  private require(callRef: string): LiveCall {
    const call = this.calls.get(callRef);
    if (call === undefined) throw new RecgateError('request.not_found', `There is no call ${callRef} on this node`);
    return call;
  }
}

function shuttingDown(): RecgateError {
  return new RecgateError('node.full', 'The media node is shutting down');
}

function callRecord(
  request: OpenCall,
  session: CallSession,
  media: OpenedCall['media'],
  nodeId: string,
  createdAt: string,
): CallRecord {
  const { callRef, tenantId, applicationId } = request;
  const { identity } = session.context;
  const { endedAt } = session.progress;
  const { brokenBy } = session.flow;
  return {
    callRef,
    tenantId,
    applicationId,
    vendor: session.context.vendor,
    nodeId,
    identity,
    state: session.state,
    createdAt,
    answeredAt: session.answeredAt,
    endedAt,
    endedBy: session.hangupBy,
    media,
    ...(session.endReason === null ? {} : { endReason: session.endReason }),
    ...(endedAt === null ? {} : { durationMs: session.callDurationMs }),
    ...(brokenBy === null ? {} : { failure: brokenBy.code }),
    ...(session.conference === undefined ? {} : { conference: session.conference }),
    warnings: session.warnings,
  };
}
