import { createServer } from 'node:http';

/** A customer application that answers every callback with 200 and notes when it came. */
export interface CallbackReceiver {
  readonly url: string;
  /** Resolves with the moment (`performance.now()`) at which a callback about this call held the text. */
  came(callId: string, text: string): Promise<number>;
  close(): Promise<void>;
}

/** Listens on loopback. Callbacks are told apart by the call id in their body. */
export async function startCallbackReceiver(): Promise<CallbackReceiver> {
  const awaited = new Map<string, { readonly text: string; readonly resolve: (at: number) => void }>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const at = performance.now();
      response.writeHead(200).end();
      const callId = /"callid":"([^"]+)"/.exec(body)?.[1] ?? '';
      const wish = awaited.get(callId);
      if (wish === undefined || !body.includes(wish.text)) return;
      awaited.delete(callId);
      wish.resolve(at);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/callback`,
    came: (callId, text) => new Promise((resolve) => awaited.set(callId, { text, resolve })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
