import { Inject, Injectable } from '@nestjs/common';
import { asJson, type NodeCommandName, type NodeCommands } from '#libs/orchestration';
import { RecgateError } from '#libs/recording-model';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';

/** Talks to the media nodes in their protocol. */
@Injectable()
export class NodeClient {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /**
   * The accepting node with the most room.
   * @throws RecgateError `node.full` when there is none
   */
  async pick(): Promise<string> {
    const nodes = await this.gateway.ports.ledger.nodes.alive();
    const [best] = nodes.filter((node) => node.accepting).sort((a, b) => a.calls / a.maxCalls - b.calls / b.maxCalls);
    if (best === undefined) throw new RecgateError('node.full', 'No media node takes calls at the moment');
    return best.nodeId;
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
