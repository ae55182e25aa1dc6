import { Inject, Injectable } from '@nestjs/common';
import { asJson, CONFERENCE_HOMES, CONFERENCES, type NodeCommandName, type NodeCommands } from '#libs/orchestration';
import { RecgateError, type NodeStatus } from '#libs/recording-model';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';

/** Talks to the media nodes in their protocol. */
@Injectable()
export class NodeClient {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /**
   * The accepting node with the most room. An application that has conferences gets one node for all its calls, as long as
   * that takes any: all participants of a conference must be on one.
   * @param conferenceId the conference the call is to join, where that is known; otherwise the newest one counts
   * @throws RecgateError `node.full` when there is none
   */
  async pick(applicationId: string, conferenceId?: string): Promise<string> {
    const accepting = await this.accepting();
    const conferences = await this.gateway.ports.ledger.documents.list(CONFERENCES, applicationId);
    const conference = conferences.find(({ id }) => id === conferenceId) ?? conferences.at(-1);
    const holder = accepting.find(({ nodeId }) => nodeId === conference?.body['nodeId']);
    const best = holder ?? accepting[0];
    if (best === undefined) throw new RecgateError('node.full', 'No media node takes calls at the moment');
    return holder === undefined ? this.homeOf(applicationId, conferenceId !== undefined, accepting, best.nodeId) : best.nodeId;
  }

  /** Where the application's conferences are held; it moves when that node takes no calls. Those that ask at once agree. */
  private async homeOf(applicationId: string, isNeeded: boolean, accepting: readonly NodeStatus[], best: string): Promise<string> {
    const { documents } = this.gateway.ports.ledger;
    const { document } = await documents.update(CONFERENCE_HOMES, applicationId, applicationId, (current) => {
      if (current === null) return isNeeded ? { body: { nodeId: best }, sealed: null } : null;
      return accepting.some(({ nodeId }) => nodeId === current.body['nodeId']) ? null : { body: { nodeId: best }, sealed: null };
    });
    const home = document?.body['nodeId'];
    return typeof home === 'string' ? home : best;
  }

  /** Where the node with the most room takes WebSocket audio; null when none does. */
  async websocketUrl(): Promise<string | null> {
    return (await this.accepting()).find(({ websocketUrl }) => websocketUrl !== undefined)?.websocketUrl ?? null;
  }

  private async accepting(): Promise<readonly NodeStatus[]> {
    const nodes = await this.gateway.ports.ledger.nodes.alive();
    return nodes.filter((node) => node.accepting).sort((a, b) => a.calls / a.maxCalls - b.calls / b.maxCalls);
  }

  /** @throws RecgateError what the node threw, or `gateway.unavailable` when it did not answer */
  async send<Name extends NodeCommandName>(
    nodeId: string,
    name: Name,
    request: NodeCommands[Name]['request'],
  ): Promise<NodeCommands[Name]['reply']> {
    const reply = await this.gateway.commander.send(nodeId, name, asJson(request));
    // The node is ours and typed by the same protocol.
    return reply as unknown as NodeCommands[Name]['reply'];
  }
}
