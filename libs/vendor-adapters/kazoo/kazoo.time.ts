/** Seconds from the year 0 to the Unix epoch: Kazoo counts time in Gregorian seconds (contract, head). */
export const GREGORIAN_OFFSET = 62_167_219_200;

/** Gregorian seconds of a wall time, whole seconds. */
export function gregorianSeconds(time: Date | string): number {
  return Math.floor(new Date(time).getTime() / 1000) + GREGORIAN_OFFSET;
}

/** `YYYYMM` of a wall time in UTC: the month database a recording belongs to. */
export function yearMonth(time: Date | string): string {
  return new Date(time).toISOString().slice(0, 7).replace('-', '');
}
