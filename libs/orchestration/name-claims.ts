import type { Clock } from '#libs/recording-model';

/** How long a name is remembered, ms: names that hold the second of their start can meet no later one. */
const KEPT_MS = 120_000;

/** The names that recordings of this process took lately, so that those made of the time of a start stay apart. */
export class NameClaims {
  /** When each was taken, in that order. */
  private readonly taken = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Takes a name among those of an application; false when another recording has it. */
  claim(applicationId: string, name: string): boolean {
    const now = this.clock.now().getTime();
    for (const [key, at] of this.taken) {
      if (now - at < KEPT_MS) break;
      this.taken.delete(key);
    }
    const key = JSON.stringify([applicationId, name]);
    if (this.taken.has(key)) return false;
    this.taken.set(key, now);
    return true;
  }
}
