import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { OutboundRules } from './outbound-rules.js';

/** Decides which IP addresses may be talked to. */
export interface AddressGuard {
  /** @param address IPv4 or IPv6 in any notation; text that is no address is not allowed. */
  allows(address: string): boolean;
}

const PRIVATE_RANGES: readonly string[] = ['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'];

/** Azure's platform channel has a public address but answers only from inside, with secrets of the machine. */
const AZURE_PLATFORM = '168.63.129.16';

/**
 * Allows what ipaddr.js calls unicast, plus what the rules open. Link-local addresses (cloud metadata), multicast, documentation
 * and translation ranges stay closed unless a CIDR range names them.
 * @throws Error when a CIDR range of the rules cannot be read.
 */
export function createAddressGuard(rules: OutboundRules): AddressGuard {
  const { allowPrivateNetworks = false } = rules;
  const opened =
    typeof allowPrivateNetworks === 'boolean' ? [] : allowPrivateNetworks.map((range) => ipaddr.parseCIDR(range));
  return {
    allows: (text) => {
      const address = parseAddress(text);
      if (address === null) return false;
      if (opened.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits)))
        return true;
      if (address.toString() === AZURE_PLATFORM || isIPv4Compatible(address)) return false;
      const range = address.range();
      return range === 'unicast' || (allowPrivateNetworks === true && PRIVATE_RANGES.includes(range));
    },
  };
}

/** The address of a URL's host when it is a literal, without brackets; null for a name. */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? null : bare;
}

/** IPv4 addresses written as IPv6 (`::ffff:127.0.0.1`) become IPv4. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return isIP(text) === 0 ? null : ipaddr.process(text);
}

/** `::127.0.0.1`, the oldest form of IPv4 in IPv6, counts as unicast for ipaddr.js. */
function isIPv4Compatible(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return (
    address instanceof ipaddr.IPv6 &&
    address.parts.slice(0, 6).every((part) => part === 0) &&
    address.range() === 'unicast'
  );
}
