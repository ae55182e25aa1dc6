/** Closes a switch over a union: a new member that is not handled stops the compiler, and at run time names itself. */
export function assertNever(value: never, what = 'value'): never {
  throw new Error(`Unhandled ${what}: ${JSON.stringify(value)}`);
}
