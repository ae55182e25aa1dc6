import type { SettingRule } from '#libs/recording-model';

/** A user as Basic authentication can carry it: it ends at the first colon. */
export const BASIC_USER: SettingRule = { wanted: 'a name without a colon', test: (value) => !value.includes(':') };

/** One of these words, in any case. */
export function oneOf(...words: readonly string[]): SettingRule {
  const known = new Set(words.map((word) => word.toLowerCase()));
  return { wanted: words.join(' or '), test: (value) => known.has(value.toLowerCase()) };
}
