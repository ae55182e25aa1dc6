import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { buildConnector } from 'undici';
import { literalAddress, type AddressGuard } from './address-guard.js';
import { OutboundFailureError } from './outbound-failure.js';
import { sharedLookup } from './shared-lookup.js';

export interface ConnectorOptions {
  readonly connectMs: number;
  /** Resolves host names; default: the system's resolver. */
  readonly lookup?: LookupFunction;
  /** How long a resolved name counts, ms; default 5,000. */
  readonly lookupTtlMs?: number;
  /** PEM certificates that are trusted beside the well-known authorities. */
  readonly trustedCertificates?: string;
}

/**
 * Connects to allowed addresses only. A host that is an IP literal is never looked up, so it is checked by itself; a name
 * is resolved once, its forbidden addresses are left out before anything is sent, and the connection goes to an address
 * of that one answer. Whatever was connected is checked again by its real peer address.
 */
export function guardedConnector(guard: AddressGuard, options: ConnectorOptions): buildConnector.connector {
  const { connectMs, trustedCertificates } = options;
  const lookup = sharedLookup(
    options.lookup ?? systemLookup,
    options.lookupTtlMs === undefined ? {} : { ttlMs: options.lookupTtlMs },
  );
  const settings: buildConnector.BuildOptions = {
    timeout: connectMs,
    allowH2: false,
    // The declaration knows options of whole connections only; host and port come with each request.
    ...({ lookup: guardedLookup(guard, lookup) } as Partial<buildConnector.BuildOptions>),
    ...(trustedCertificates === undefined ? {} : { ca: [...rootCertificates, trustedCertificates] }),
  };
  const connect = buildConnector(settings);
  return (target, callback) => {
    const literal = literalAddress(target.hostname);
    if (literal !== null && !guard.allows(literal)) return callback(forbidden(target.hostname), null);
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      if (socket.remoteAddress !== undefined && guard.allows(socket.remoteAddress)) return callback(null, socket);
      socket.destroy();
      callback(forbidden(target.hostname), null);
    });
  };
}

/** A resolver whose answers hold allowed addresses only. */
export function guardedLookup(guard: AddressGuard, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      if (error !== null) return callback(error, '');
      const allowed = addressesOf(answer).filter(({ address }) => guard.allows(address));
      const [first] = allowed;
      if (first === undefined) return callback(forbidden(hostname), '');
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function addressesOf(answer: string | LookupAddress[]): readonly LookupAddress[] {
  return typeof answer === 'string' ? [{ address: answer, family: answer.includes(':') ? 6 : 4 }] : answer;
}

/** The addresses themselves are not told: they would describe the inside of the network. */
export function forbidden(hostname: string): OutboundFailureError {
  return new OutboundFailureError({ kind: 'refused', message: `${hostname} has no address the gateway may talk to` });
}
