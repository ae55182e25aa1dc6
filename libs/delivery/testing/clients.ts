import { connect, createServer as createTcpServer, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import {
  GuardedHttpClient,
  type GuardedHttpClientOptions,
  type OutboundAnswer,
  type OutboundFailure,
  type OutboundRequest,
} from '../index.js';
import { startServer, type LoopbackServer } from './loopback.js';

export const open: (() => Promise<void>)[] = [];
/** Closes what the helpers of this file have opened; call it after each test. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0)) await close();
}

export const LOCAL: GuardedHttpClientOptions = { allowHttp: true, allowPrivateNetworks: true };

export function client(options: GuardedHttpClientOptions = LOCAL): GuardedHttpClient {
  const made = new GuardedHttpClient(options);
  open.push(() => made.close());
  return made;
}

export async function server(handle: Parameters<typeof startServer>[0]): Promise<LoopbackServer> {
  const made = await startServer(handle);
  open.push(() => made.close());
  return made;
}

export async function answerOf(sender: GuardedHttpClient, request: OutboundRequest): Promise<OutboundAnswer> {
  const result = await sender.send(request);
  if (result.kind === 'failure') throw new Error(`${result.failure.kind}: ${result.failure.message}`);
  return result;
}

export async function failureOf(sender: GuardedHttpClient, request: OutboundRequest): Promise<OutboundFailure> {
  const result = await sender.send(request);
  if (result.kind === 'answer') throw new Error(`answered ${result.status}`);
  return result.failure;
}

/** A resolver that answers from a table, one entry a question. */
export function resolver(answers: Record<string, string[]>): { lookup: LookupFunction; asked: () => number } {
  let asked = 0;
  const lookup: LookupFunction = (hostname, options, callback) => {
    const addresses = answers[hostname] ?? [];
    const address = addresses[Math.min(asked, addresses.length - 1)];
    asked += 1;
    if (address === undefined) return callback(Object.assign(new Error(`no ${hostname}`), { code: 'ENOTFOUND' }), '');
    const family = address.includes(':') ? 6 : 4;
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  return { lookup, asked: () => asked };
}

/** A server of raw TCP on a free port; every connection gets the same treatment. */
export async function startTcp(treat: (socket: Socket) => void): Promise<string> {
  const tcp = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => treat(socket));
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => tcp.close(() => resolve())));
  return `http://127.0.0.1:${(tcp.address() as AddressInfo).port}/`;
}

/** Makes a loopback server reachable under a second loopback address and gives the port there. */
export async function startOn127002(port: number): Promise<number> {
  const relay = createTcpServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    for (const each of [socket, onward]) each.on('error', () => each.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.2', resolve));
  open.push(() => new Promise((resolve) => relay.close(() => resolve())));
  return (relay.address() as AddressInfo).port;
}
