/** The machine stood still; both in ms, `at` since 1970. */
export interface Standstill {
  readonly at: number;
  readonly ms: number;
}

export interface Standstills {
  between(from: number, until: number): readonly Standstill[];
}

export interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number;
}

export function watchStandstills(): Standstills;
export function madeVoid(files: readonly TestFile[], standstills: Standstills): readonly { readonly name: string; readonly pauses: readonly Standstill[] }[];
