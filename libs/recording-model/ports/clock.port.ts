/** Wall time: the machine's, or a virtual one in simulations and tests. */
export interface Clock {
  now(): Date;
}
