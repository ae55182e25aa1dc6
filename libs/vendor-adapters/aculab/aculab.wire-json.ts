/** A value of an outgoing body; `RawNumber` is a number whose digits are fixed. */
export type WireValue = string | number | boolean | null | RawNumber | readonly WireValue[] | WireObject;
export interface WireObject {
  readonly [key: string]: WireValue;
}

/** A number as it is to be written, made by `decimal`. */
export interface RawNumber {
  readonly rawJSON: string;
}

// Standard since ES2025 and present in Node 22; the declarations of ES2024 lack it.
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => RawNumber };

/** A number of tenths with its one decimal always written: 600 is `60.0`. */
export function decimal(tenths: number): RawNumber {
  return rawJSON(`${Math.trunc(tenths / 10)}.${tenths % 10}`);
}

/** The body text: members in their given order, no white space. */
export function wireJson(body: WireObject): string {
  return JSON.stringify(body);
}
