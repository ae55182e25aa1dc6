/** Object metadata as HTTP headers carry it: names in lower case without odd characters, values in printable ASCII. */
export function headerMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(metadata).map(([name, value]) => [headerName(name), headerValue(value)] as const);
  return Object.fromEntries(pairs.filter(([name]) => name !== ''));
}

function headerName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9-]/g, '-');
}

/** What a header cannot carry is percent-encoded. */
function headerValue(value: string): string {
  return value
    .toWellFormed()
    .replace(/[^\x20-\x7e]/gu, encodeURIComponent)
    .trim()
    .slice(0, 256);
}
