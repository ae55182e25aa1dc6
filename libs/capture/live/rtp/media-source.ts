import type { RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Where a leg's packets are said to come from; without a port, any port of the address. */
export interface RtpRemote {
  readonly address: string;
  readonly port?: number;
}

/**
 * Decides whose packets belong to a leg. The signalled address is believed and nothing else; where nothing was
 * signalled, the first sender of valid RTP is, until the media is negotiated anew.
 */
export class MediaSource {
  private verifiedAddress: string | null = null;
  private verifiedPort = 0;

  constructor(private signalled: RtpRemote | null) {}

  /** The source that has sent valid packets; null while there is none. Only there may anything be sent. */
  get verified(): { readonly address: string; readonly port: number } | null {
    return this.verifiedAddress === null ? null : { address: this.verifiedAddress, port: this.verifiedPort };
  }

  /** Whether signalling has named the very sender. */
  get isNamed(): boolean {
    return this.signalled?.port !== undefined;
  }

  /** Whether a packet from there may be looked at. */
  allows(from: RemoteInfo): boolean {
    // Nothing can be sent back to it, and whoever tries is told so by an exception.
    if (from.port === 0) return false;
    if (this.verifiedAddress !== null) return from.port === this.verifiedPort && from.address === this.verifiedAddress;
    if (this.signalled === null) return true;
    const { address, port } = this.signalled;
    return sameAddress(from.address, address) && (port === undefined || port === from.port);
  }

  /** A packet that was allowed has proved to be this leg's RTP. */
  verify(from: RemoteInfo): void {
    if (this.verifiedAddress !== null) return;
    this.verifiedAddress = from.address;
    this.verifiedPort = from.port;
  }

  /** The media was negotiated anew; null: whoever sends first. */
  renegotiate(remote: RtpRemote | null): void {
    this.signalled = remote;
    this.verifiedAddress = null;
  }
}

function sameAddress(actual: string, signalled: string): boolean {
  return actual === signalled || normal(actual) === normal(signalled);
}

function normal(address: string): string {
  const plain = address.toLowerCase().replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/, '');
  return isIPv6(plain) ? new URL(`http://[${plain}]`).hostname : plain;
}
