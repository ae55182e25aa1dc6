import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { RecgateError } from '#libs/recording-model';

export interface RtpPortRange {
  /** Local address the sockets are bound to. */
  readonly address: string;
  /** First and last port, inclusive; only even ones are used (RFC 3550 §11). */
  readonly from: number;
  readonly to: number;
}

/** Large enough for one second of packets while the process is held up. */
const RECEIVE_BUFFER_BYTES = 512 * 1024;

/** Hands out bound sockets on the even ports of a range, going round so that a port is not used again at once. */
export class RtpPortAllocator {
  private next: number;
  private readonly first: number;
  private readonly pairs: number;

  constructor(private readonly range: RtpPortRange) {
    this.first = range.from + (range.from % 2);
    this.pairs = Math.floor((range.to - this.first) / 2) + 1;
    if (this.pairs < 1 || range.from < 1 || range.to > 65_535) throw new RangeError(`There is no even port in ${range.from}..${range.to}`);
    this.next = 0;
  }

  /** @throws RecgateError `node.full` when every port of the range is in use. */
  async bind(): Promise<Socket> {
    for (let tried = 0; tried < this.pairs; tried++) {
      const port = this.first + 2 * (this.next++ % this.pairs);
      const socket = createSocket({ type: isIPv6(this.range.address) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
      if (await tryBind(socket, port, this.range.address)) return socket;
    }
    throw new RecgateError('node.full', `All RTP ports from ${this.range.from} to ${this.range.to} are in use`);
  }
}

function tryBind(socket: Socket, port: number, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(new RecgateError('gateway.internal', `No RTP socket can be opened on ${address} (${error.code ?? error.message})`, { cause: error }));
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(true);
    });
  });
}
