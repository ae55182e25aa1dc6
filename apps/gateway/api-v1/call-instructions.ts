import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { requireApplication, viewApplication, type InstructReply } from '#libs/orchestration';
import {
  RecgateError,
  splitUserinfo,
  type ApplicationRecord,
  type CallIdentity,
  type CallRecord,
  type DocumentRole,
  type Party,
} from '#libs/recording-model';
import { NodeClient } from '../http/node-client.js';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';

/** A vendor document for a live call. */
export interface Instruction {
  readonly document: string;
  readonly role: DocumentRole;
  readonly url: string | null;
  /** The same key twice is the same instruction; null: the same document is. */
  readonly idempotencyKey: string | null;
  /** Who hears the prompts of a document beside the flow; absent: as the flow's own. */
  readonly toward?: readonly Party[];
}

/** Calls of a tenant, and the documents handed to them. */
@Injectable()
export class CallInstructions {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly nodes: NodeClient,
  ) {}

  /** @throws RecgateError `request.not_found`, also for another tenant's call */
  async requireCall(tenantId: string, callRef: string): Promise<CallRecord> {
    const call = await this.gateway.ports.ledger.calls.get(callRef);
    if (call === null || call.tenantId !== tenantId)
      throw new RecgateError('request.not_found', `There is no call ${callRef}`);
    return call;
  }

  /** @throws RecgateError `request.not_found`, or `request.conflict` when the call has ended */
  async requireLiveCall(tenantId: string, callRef: string): Promise<CallRecord> {
    const call = await this.requireCall(tenantId, callRef);
    if (call.state === 'ended') throw new RecgateError('request.conflict', `The call ${callRef} has ended`);
    return call;
  }

  /**
   * Hands a document to the node that owns the call; it travels sealed.
   * @throws RecgateError `document.*` and `field.*` with the position in the document, or what the node threw
   */
  async instruct(call: CallRecord, instruction: Instruction): Promise<InstructReply> {
    const { ports } = this.gateway;
    const { callRef, tenantId, nodeId } = call;
    // Credentials of the address are no part of what relative addresses are resolved against, and must not reach the queue.
    const url = instruction.url === null ? null : splitUserinfo(instruction.url).url;
    const { document, role, toward } = instruction;
    this.read(await requireApplication(ports, tenantId, call.applicationId), call.identity, { document, role, url });
    return this.nodes.send(nodeId, 'instruct', {
      callRef,
      sealedDocument: ports.vault.seal({ document }, { tenantId, ownerId: callRef }),
      role,
      url,
      ...(toward === undefined ? {} : { toward }),
      idempotencyKey:
        instruction.idempotencyKey ??
        createHash('sha256')
          .update(`${role}\n${url ?? ''}\n${document}`)
          .digest('hex'),
    });
  }

  /** Reads a document here, so that its faults are answered with field and position. */
  read(
    application: ApplicationRecord,
    call: CallIdentity,
    { document, role, url }: Omit<Instruction, 'idempotencyKey'>,
  ) {
    const { ports } = this.gateway;
    return ports.adapters[application.vendor].parse(
      { body: document, role, url },
      { application: viewApplication(ports, application), call, ids: ports.ids, now: ports.clock.now() },
    );
  }
}
