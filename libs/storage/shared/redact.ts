import { REDACTED, type SecretBag } from '#libs/recording-model';

const SHORTEST_SECRET = 4;

/**
 * Takes credentials out of text that came from a provider: each value of the bag as it is, percent-encoded and in
 * Base64, and the signature of every SAS token in it. Values under 4 characters are left alone: they would blank out
 * ordinary words.
 */
export function redact(text: string, secrets: SecretBag): string {
  return spellings(secrets).reduce((clean, secret) => clean.split(secret).join(REDACTED), text);
}

function spellings(secrets: SecretBag): string[] {
  const values = Object.values(secrets).flatMap((value) => [value, ...sasSignatures(value)]);
  return values
    .filter((value) => value.length >= SHORTEST_SECRET)
    .flatMap((value) => [value, encodeURIComponent(value), Buffer.from(value).toString('base64')])
    .sort((a, b) => b.length - a.length);
}

function sasSignatures(value: string): string[] {
  if (!/(^|[?&])sig=/.test(value)) return [];
  const signature = new URLSearchParams(value.replace(/^\?/, '')).get('sig');
  return signature === null ? [] : [signature];
}
