/** Median, 99th percentile (nearest rank) and extremes of a list of figures, in their unit. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly least: number;
  readonly most: number;
}

/** @throws RangeError for an empty list */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b);
  if (sorted.length === 0) throw new RangeError('There are no figures');
  const at = (share: number) => rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN);
  return { p50: at(0.5), p99: at(0.99), least: at(0), most: at(1) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
