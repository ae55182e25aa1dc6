/** A living node beats every few seconds; one that was not seen for this long, while the ledger answered, is lost. */
const GRACE_MS = 8000;
/** After a longer pause between two looks nothing is known of the time between them. */
const LONGEST_GAP_MS = 5 * 60_000;

interface Sighting {
  readonly since: number;
  readonly last: number;
}

/**
 * Tells lost nodes from those whose heartbeat merely did not get through: after an outage of the ledger every heartbeat
 * has run out, and taking over the recordings of a living node would spoil them. So a node must be missing in two looks.
 */
export class LostNodes {
  private readonly missing = new Map<string, Sighting>();

  /**
   * Notes one look at the nodes and says which of them are lost.
   * @param nowMs wall time of the look
   */
  look(wanted: ReadonlySet<string>, alive: ReadonlySet<string>, nowMs: number): ReadonlySet<string> {
    for (const [nodeId, { last }] of this.missing) {
      if (alive.has(nodeId) || nowMs - last > LONGEST_GAP_MS) this.missing.delete(nodeId);
    }
    const lost = new Set<string>();
    for (const nodeId of wanted) {
      if (alive.has(nodeId)) continue;
      const since = this.missing.get(nodeId)?.since ?? nowMs;
      this.missing.set(nodeId, { since, last: nowMs });
      if (nowMs - since >= GRACE_MS) lost.add(nodeId);
    }
    return lost;
  }
}
