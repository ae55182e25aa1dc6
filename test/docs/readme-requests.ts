/** A request as the README writes it for `curl`. */
export interface ReadmeRequest {
  readonly method: 'GET' | 'POST';
  /** Below `/v1`; may hold variables such as `$CALL`. */
  readonly path: string;
  /** JSON text; may hold variables. */
  readonly body: string | null;
}

/** The requests of a document, in their order: every line that begins with `curl -s` and goes to `$API`. */
export function requestsIn(document: string): ReadmeRequest[] {
  return document
    .split('\n')
    .filter((line) => line.startsWith('curl -s '))
    .map((line) => {
      const path = /\$API(\/[^\s"]*)/.exec(line)?.[1];
      if (path === undefined) throw new Error(`This line asks nothing of the recording API: ${line}`);
      const data = / -d '(.*)'$/.exec(line)?.[1];
      // In the shell, '…'$APP'…' is one word.
      const body = data === undefined ? null : data.replaceAll(/'(\$\w+)'/g, '$1');
      return { method: body === null ? 'GET' : 'POST', path, body };
    });
}

/** Puts values in the place of `$NAME`. @throws Error for a variable that no answer has given yet */
export function fillIn(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$([A-Z]+)/g, (_, name: string) => {
    const value = variables.get(name);
    if (value === undefined) throw new Error(`No answer has given $${name} yet`);
    return value;
  });
}
