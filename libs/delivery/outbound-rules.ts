/** Where requests may go. Nothing is opened unless it is said here. */
export interface OutboundRules {
  /** Plain http; default false. */
  readonly allowHttp?: boolean;
  /**
   * True: loopback and private networks (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7). A list of CIDR ranges: those alone, and
   * whatever they hold. Default false: public addresses only.
   */
  readonly allowPrivateNetworks?: boolean | readonly string[];
}

/** How long a request may take and how much of its answer is read. */
export interface OutboundLimits {
  /** For the connection, ms. */
  readonly connectMs: number;
  /** For the answer to begin once the request is out, and between its parts, ms. */
  readonly answerMs: number;
  /** For everything, ms. */
  readonly totalMs: number;
  /** Bytes of the answer's body; what is beyond is left unread. */
  readonly maxResponseBytes: number;
}

export const DEFAULT_LIMITS: OutboundLimits = {
  connectMs: 5_000,
  answerMs: 15_000,
  totalMs: 20_000,
  maxResponseBytes: 64 * 1024,
};
