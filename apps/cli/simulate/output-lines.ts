/** One line of the output: JSON that survives printing; `mediaTime` is added when the line gets its place. */
export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

interface PlacedLine {
  readonly atMs: number;
  readonly line: Line;
}

/**
 * Gathers the lines of a run and puts them in media-time order. An event lies where it happened in the audio, which may
 * be a moment before it is noticed (a stop key is cut off from its first sample on), so lines are sorted at the end; those
 * of one place keep the order they came in, and the lines of one recording never overtake each other.
 */
export class OutputLines {
  private readonly lines: PlacedLine[] = [];
  private readonly results: Line[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly latest = new Map<number, number>();
  private readonly places = new Map<string, number>();

  /** Gives a recording its number, counting from 1 in the order of the starts. */
  enrol(recordingId: string): number {
    const known = this.numbers.get(recordingId);
    if (known !== undefined) return known;
    this.numbers.set(recordingId, this.numbers.size + 1);
    return this.numbers.size;
  }

  /** Number of a recording; null for one that was never started here. */
  numberOf(recordingId: string): number | null {
    return this.numbers.get(recordingId) ?? null;
  }

  get recordingIds(): readonly string[] {
    return [...this.numbers.keys()];
  }

  /** Adds a line at a place on the media time line, ms. */
  add(atMs: number, { type, ...line }: Line): void {
    this.lines.push({ atMs, line: { type, mediaTime: seconds(atMs), ...line } });
  }

  /** Adds a line that belongs to a recording, not before the recording's earlier lines. */
  addOf(recordingId: string, atMs: number, { type, ...line }: Line): void {
    const recording = this.enrol(recordingId);
    const place = Math.max(atMs, this.latest.get(recording) ?? 0);
    this.latest.set(recording, place);
    this.add(place, { type, recording, ...line });
  }

  /** Adds the line of an event and remembers its place for what it brings about. */
  addEvent(recordingId: string, sequence: number, atMs: number, line: Line): void {
    this.places.set(`${recordingId}.${sequence}`, atMs);
    this.addOf(recordingId, atMs, line);
  }

  /** Where an event happened, ms. */
  placeOf(recordingId: string, sequence: number): number | null {
    return this.places.get(`${recordingId}.${sequence}`) ?? null;
  }

  /** Adds a line after all others. */
  addResult(line: Line): void {
    this.results.push(line);
  }

  /** The whole output, one JSON object a line. */
  text(): string {
    const placed = this.lines.toSorted((a, b) => a.atMs - b.atMs).map(({ line }) => line);
    return [...placed, ...this.results].map((line) => `${JSON.stringify(line)}\n`).join('');
  }
}

/** Milliseconds as the seconds of the output. */
function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
