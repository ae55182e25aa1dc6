const TICK_MS = 20;
/** Over about this time the lateness of the ticks is averaged, ms: a process that was held up once is not overloaded. */
const LAG_WINDOW_MS = 1000;

/**
 * One timer for all calls of a node. Each call comes round every `turns` ticks, so the work is spread evenly; sounds that
 * are being played come every tick. Also measures how late the event loop is.
 */
export class Ticker<T> {
  private readonly rounds: Set<T>[];
  private timer: NodeJS.Timeout | null = null;
  private running = false;
  private turn = 0;
  private dueAt = 0;
  private lag = 0;
  private lastTickAt = 0;
  private lastTickEnd = 0;

  constructor(
    private readonly options: {
      readonly turns: number;
      readonly clock: () => number;
      /** @param readUntil time of the clock; what had arrived by then was read from the sockets */
      readonly onTurn: (member: T, readUntil: number) => void;
      readonly onTick: () => void;
    },
  ) {
    this.rounds = Array.from({ length: options.turns }, () => new Set<T>());
  }

  /** How late the event loop has been of late, ms: the mean over the last second or so. */
  get lagMs(): number {
    return this.lag;
  }

  add(member: T): void {
    const emptiest = this.rounds.reduce((best, round) => (round.size < best.size ? round : best));
    emptiest.add(member);
    if (!this.running) this.start();
  }

  remove(member: T): void {
    for (const round of this.rounds) round.delete(member);
    if (this.rounds.every((round) => round.size === 0)) this.stop();
  }

  private start(): void {
    this.running = true;
    this.lastTickAt = this.lastTickEnd = this.options.clock();
    this.dueAt = this.lastTickAt + TICK_MS;
    this.arm();
  }

  private stop(): void {
    this.running = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.lag = 0;
  }

  private readonly tick = (): void => {
    this.timer = null;
    const now = this.options.clock();
    const late = Math.max(0, now - this.dueAt);
    this.lag += (late - this.lag) * (1 - Math.exp((this.lastTickAt - now) / LAG_WINDOW_MS));
    this.lastTickAt = now;
    this.dueAt = Math.max(this.dueAt + TICK_MS, now + 1);
    this.options.onTick();
    // The turns of ticks that were missed come with this one: a process that is late for long still empties its calls.
    for (let turns = Math.min(this.rounds.length, 1 + Math.floor(late / TICK_MS)); turns > 0; turns--) {
      this.turn = (this.turn + 1) % this.rounds.length;
      for (const member of this.rounds[this.turn] ?? []) this.options.onTurn(member, this.lastTickEnd);
    }
    this.lastTickEnd = this.options.clock();
    // Timers that are due already run one after the other; by way of the check phase the sockets are read in between,
    // and a hold-up is made good without leaving behind what waits in them.
    setImmediate(this.arm);
  };

  private readonly arm = (): void => {
    if (this.running && this.timer === null) this.timer = setTimeout(this.tick, Math.max(1, this.dueAt - this.options.clock()));
  };
}
