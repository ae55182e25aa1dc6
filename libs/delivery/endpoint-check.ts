import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createAddressGuard, literalAddress } from './address-guard.js';
import { guardedLookup } from './guarded-connector.js';
import { outboundError, toFailure } from './outbound-failure.js';
import type { OutboundRules } from './outbound-rules.js';
import { checkUrl } from './outbound-url.js';

/** The outbound rules for requests that libraries send by themselves. */
export interface EndpointRules {
  /**
   * Checks an address before it is handed to a library. A name is resolved, and passes when one of its addresses is allowed.
   * @throws RecgateError `outbound.refused` for an address the gateway does not talk to, `outbound.failed` when a name has none
   */
  check(url: string): Promise<void>;
  /** Answers with allowed addresses only: for libraries that let their resolver be chosen. */
  readonly lookup: LookupFunction;
  /** Whether addresses without TLS may be spoken to. */
  readonly allowPlain: boolean;
}

/** @param lookup resolves host names; default: the system's resolver */
export function createEndpointRules(rules: OutboundRules, lookup: LookupFunction = systemLookup): EndpointRules {
  const guard = createAddressGuard(rules);
  const guarded = guardedLookup(guard, lookup);
  return {
    lookup: guarded,
    allowPlain: rules.allowHttp === true,
    async check(text) {
      try {
        const { hostname } = checkUrl(text, rules, guard).url;
        if (literalAddress(hostname) === null) await resolve(guarded, hostname);
      } catch (thrown) {
        throw outboundError(toFailure(thrown));
      }
    },
  };
}

function resolve(lookup: LookupFunction, hostname: string): Promise<void> {
  return new Promise((done, reject) => {
    lookup(hostname, { all: true }, (error) => (error === null ? done() : reject(error)));
  });
}
