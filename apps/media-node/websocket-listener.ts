import { createServer } from 'node:http';
import type { MediaNode } from '#libs/capture';

/** Where WebSocket audio comes in. */
export interface WebsocketListener {
  /** `ws://host:port`, without a path. */
  readonly url: string;
  close(): Promise<void>;
}

/** Listens for WebSocket audio; the node takes over the connections whose path holds the token of one of its legs. */
export async function startWebsocketListener(node: MediaNode, address: string, port: number): Promise<WebsocketListener> {
  const server = createServer((_request, response) => response.writeHead(426).end());
  node.attach(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = server.address();
  const actualPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    url: `ws://${address}:${actualPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
