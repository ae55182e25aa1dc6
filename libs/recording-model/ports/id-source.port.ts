/** Where new identifiers come from: random in the gateway, seeded in a simulation (same seed, same ids). */
export interface IdSource {
  /** A UUID in lower case. */
  uuid(): string;
  /** That many lower-case hex digits. */
  hex(digits: number): string;
}
