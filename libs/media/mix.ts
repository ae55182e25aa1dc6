/** Adds `n` samples of `a` and `b` into `dst`, saturating at the ends of the 16-bit range. `dst` may be `a` or `b`. */
export function mixInto(dst: Int16Array, a: Int16Array, b: Int16Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const sum = (a[i] as number) + (b[i] as number);
    dst[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
  }
}
