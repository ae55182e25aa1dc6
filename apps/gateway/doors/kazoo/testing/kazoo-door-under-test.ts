import { CommandServer } from '../../../testing/command-server.js';
import { GatewayUnderTest } from '../../../testing/gateway-under-test.js';
import { KAZOO_ACCOUNT_SETTINGS, KazooClient } from './kazoo-client.js';

/** A gateway with a node that takes calls, an account, and a client that is logged in to it. */
export interface KazooDoorUnderTest {
  readonly gateway: GatewayUnderTest;
  readonly node: Awaited<ReturnType<typeof CommandServer.start>>;
  readonly client: KazooClient;
  readonly applicationId: string;
  stop(): Promise<void>;
}

/** @param settings of the account, beside those that every account of the tests has */
export async function startKazooDoor(settings: Readonly<Record<string, string>> = {}): Promise<KazooDoorUnderTest> {
  const gateway = await GatewayUnderTest.start();
  const node = await CommandServer.start(gateway.runtime);
  const applicationId = await gateway.application('kazoo', { ...KAZOO_ACCOUNT_SETTINGS, ...settings });
  const client = await KazooClient.logIn(gateway);
  const stop = async (): Promise<void> => {
    await node.close();
    await gateway.stop();
  };
  return { gateway, node, client, applicationId, stop };
}
