import { createServer } from 'node:http';
import type { MediaNode } from '#libs/capture';
import type { MediaConfig } from '#libs/config';

/** Where WebSocket audio comes in. */
export interface WebsocketListener {
  /** As callers are told it: `ws://host:port`, or what the configuration says; no slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Listens for WebSocket audio; the node takes over the connections whose path holds the token of one of its legs. */
export async function startWebsocketListener(node: MediaNode, { address, publicAddress, publicWebsocketUrl, websocketPort: port }: MediaConfig): Promise<WebsocketListener> {
  const server = createServer((_request, response) => response.writeHead(426).end());
  node.attach(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = server.address();
  const actualPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    url: publicWebsocketUrl?.replace(/\/+$/, '') ?? `ws://${publicAddress ?? address}:${actualPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
