import { Inject, Injectable } from '@nestjs/common';
import type { FlowBeginning, InstructReply, InterruptReply, NodeCommands, OpenCall } from '#libs/orchestration';
import {
  RecgateError,
  toRecgateError,
  type CallIdentity,
  type CallRecord,
  type DocumentRole,
  type FlowRequest,
  type Party,
} from '#libs/recording-model';
import { CallInstructions } from '../../api-v1/call-instructions.js';
import { NodeClient } from '../../http/node-client.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { offerCall } from './call-offers.js';
import type { DoorApplication } from './door-applications.js';

/** A call that an application asks its vendor to make. */
export interface PlacedCall {
  /** Absent: a new one. One that is kept beforehand tells afterwards whether the call was made. */
  readonly callRef?: string;
  readonly identity: CallIdentity;
  /** What its flow begins with; null: the application's own first request. */
  readonly begin:
    FlowBeginning | { readonly kind: 'text'; readonly document: string; readonly role: DocumentRole } | null;
  readonly beginWhen: 'now' | 'answered';
  /** Ends the call when nobody has answered by then, ms; null: the media timeout decides. */
  readonly ringMs: number | null;
}

/** How many of an application's newest calls a door looks through. */
const MOST_CALLS = 1000;

export function newCallRef({ ids }: Pick<GatewayContext['ports'], 'ids'>): string {
  return `call_${ids.hex(20)}`;
}

/** What doors do with calls. Each call is looked up within one application, so nobody reaches another's. */
@Injectable()
export class DoorCalls {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly nodes: NodeClient,
    private readonly instructions: CallInstructions,
  ) {}

  /**
   * Makes a call: both legs are offered, and whoever carries the audio finds their addresses in `/v1/calls`. It counts
   * as answered when the first audio arrives, or when `/v1/calls/{callRef}/events` says so.
   * @throws RecgateError `node.full`; `request.invalid` when there is nothing that the flow could begin with
   */
  async place({ record }: DoorApplication, call: PlacedCall): Promise<CallRecord> {
    const { ports } = this.gateway;
    const { id: applicationId, tenantId } = record;
    const callRef = call.callRef ?? newCallRef(ports);
    const leg = { transport: 'rtp', codec: 'PCMU' } as const;
    const open: OpenCall = {
      callRef,
      tenantId,
      applicationId,
      identity: call.identity,
      legs: { caller: leg, callee: leg },
      answered: false,
      fetchDocument: true,
      ...(call.begin === null ? {} : { begin: this.beginning(call.begin, { tenantId, ownerId: callRef }) }),
      beginWhen: call.beginWhen,
      answerOnMedia: true,
      relay: true,
      ...(call.ringMs === null ? {} : { ringMs: call.ringMs }),
    };
    await this.nodes.send(await this.nodes.pick(applicationId, call.identity.conferenceId), 'openCall', open);
    const placed = await this.instructions.requireCall(tenantId, callRef);
    offerCall(this.gateway, placed).catch((thrown: unknown) =>
      ports.log.error('a call could not be offered', { callRef, reason: toRecgateError(thrown).message }),
    );
    return placed;
  }

  /** @throws RecgateError `request.not_found`, also for another application's call */
  async require({ record }: DoorApplication, callId: string): Promise<CallRecord> {
    const call = await this.gateway.ports.ledger.calls.findByCallId(record.id, callId);
    if (call === null) throw new RecgateError('request.not_found', `There is no call ${callId}`);
    return call;
  }

  /** @throws RecgateError `request.not_found`, also for a call that has ended */
  async requireLive(application: DoorApplication, callId: string): Promise<CallRecord> {
    const call = await this.require(application, callId);
    if (call.state === 'ended') throw new RecgateError('request.not_found', `The call ${callId} has ended`);
    return call;
  }

  /** The application's calls that are in the conference at the moment, in no order. */
  listOfConference({ record }: DoorApplication, conferenceId: string): Promise<readonly CallRecord[]> {
    return this.gateway.ports.ledger.calls.listOfConference(record.id, conferenceId);
  }

  /** The application's newest calls, newest first. */
  list({ record }: DoorApplication): Promise<readonly CallRecord[]> {
    return this.gateway.ports.ledger.calls.listOfApplication(record.id, MOST_CALLS);
  }

  /**
   * Hands a document to a live call.
   * @param toward who hears its prompts; absent: as the flow's own
   * @throws RecgateError `document.*`, `field.*` with the position in the document
   */
  instruct(
    call: CallRecord,
    document: string,
    role: DocumentRole,
    toward?: readonly Party[],
  ): Promise<InstructReply> {
    // Every request is an instruction of its own, also when it is worded like an earlier one.
    const idempotencyKey = this.gateway.ports.ids.uuid();
    return this.instructions.instruct(call, {
      document,
      role,
      url: null,
      idempotencyKey,
      ...(toward === undefined ? {} : { toward }),
    });
  }

  /** Ends the call; its recordings are finished and kept. */
  async hangup({ nodeId, callRef }: CallRecord): Promise<void> {
    await this.nodes.send(nodeId, 'hangup', { callRef, by: null });
  }

  interrupt({ nodeId, callRef }: CallRecord, redirect: FlowRequest | null): Promise<InterruptReply> {
    return this.nodes.send(nodeId, 'interrupt', { callRef, redirect });
  }

  /** What a call begins with that waits for its answer, and what its flow knows; one that has begun is not interrupted. */
  async beginWith({ nodeId, callRef }: CallRecord, begin: Extract<FlowBeginning, { kind: 'request' }>): Promise<void> {
    await this.nodes.send(nodeId, 'callEvent', { callRef, event: { type: 'begin', begin } });
  }

  async steerParticipant(
    { nodeId, callRef }: CallRecord,
    command: Omit<NodeCommands['participant']['request'], 'callRef'>,
  ): Promise<void> {
    await this.nodes.send(nodeId, 'participant', { callRef, ...command });
  }

  private beginning(
    begin: NonNullable<PlacedCall['begin']>,
    owner: { readonly tenantId: string; readonly ownerId: string },
  ): FlowBeginning {
    if (begin.kind !== 'text') return begin;
    const sealedDocument = this.gateway.ports.vault.seal({ document: begin.document }, owner);
    return { kind: 'document', sealedDocument, role: begin.role, url: null };
  }
}
