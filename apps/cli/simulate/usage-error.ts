/** The command was not given what it needs; told on standard error, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
