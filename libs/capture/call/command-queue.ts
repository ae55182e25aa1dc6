/** Something that happens at a place on the media time line. */
export interface Command {
  /** Media time, ms; may lie between samples. */
  readonly atMs: number;
  run(): void;
}

/** Commands in the order of their places; those of the same place in the order they were given. */
export class CommandQueue {
  private readonly commands: Command[] = [];

  add(command: Command): void {
    let at = this.commands.length;
    while (at > 0 && (this.commands[at - 1]?.atMs ?? 0) > command.atMs) at--;
    this.commands.splice(at, 0, command);
  }

  /** Takes out the first command at or before `untilMs`; undefined when there is none. */
  takeUntil(untilMs: number): Command | undefined {
    const first = this.commands[0];
    return first !== undefined && first.atMs <= untilMs ? this.commands.shift() : undefined;
  }

  /** Place of the last command, or 0. */
  get lastMs(): number {
    return this.commands.at(-1)?.atMs ?? 0;
  }
}
